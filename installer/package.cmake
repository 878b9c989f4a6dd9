# The Debian package: cpack -G DEB in the build folder. The program, the extension to hand to LibreOffice, the documents.
# Which libraries it needs, dpkg-shlibdeps finds out.
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/ARCHITECTURE.md ${PROJECT_SOURCE_DIR}/protocol/PROTOCOL.md
        DESTINATION share/doc/power-engine)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/power-engine RENAME copyright)

set(CPACK_PACKAGE_NAME power-engine)
set(CPACK_PACKAGE_VENDOR "Power Engine")
set(CPACK_PACKAGE_CONTACT "Power Engine <power-engine@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Monte Carlo simulation of spreadsheets")
set(CPACK_PACKAGE_DESCRIPTION "Finds what is random in an Excel or LibreOffice workbook, evaluates every formula
over thousands to millions of trials at once, and reports statistics, histograms
and tornado charts: from the command line, or inside LibreOffice Calc once
power-engine install-libreoffice has added the extension.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION math)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libreoffice-calc, python3-uno")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
