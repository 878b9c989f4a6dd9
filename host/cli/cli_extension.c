/* cli_extension.c: registers the LibreOffice extension for the user, and takes it away again.
 * LibreOffice's own unopkg does the work. The extension is given the place of this program, so that
 * it finds the host wherever that was installed. Nothing is left behind on failure. */
#include "cli.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#define EXTENSION_ID "org.powerengine.calc"
#define EXTENSION_FILE "power-engine.oxt"
#define PROGRAM_ENTRY "program.txt" /* in the extension: the host's path */
#define PATH_BYTES 4096u

extern char **environ;

static const char help[] =
    "  power-engine install-libreoffice [--oxt FILE] [--shared]  add the extension to LibreOffice\n"
    "  power-engine uninstall-libreoffice [--shared]             take it away\n";

static pe_exit fail(pe_exit result, const char *what, const char *detail)
{
    fprintf(stderr, "power-engine: %s%s\n", what, detail);
    return result;
}

static bool join(char *out, const char *folder, const char *name)
{
    int n = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return n > 0 && (unsigned)n < PATH_BYTES;
}

/* The folder of a file, symbolic links followed. */
static bool folder_of(const char *path, char *out)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL || strlen(real) >= PATH_BYTES) return false;
    char *slash = strrchr(real, '/');
    if (slash == NULL) return false;
    *slash = '\0';
    memcpy(out, real, strlen(real) + 1);
    return true;
}

/* A program on PATH, else where LibreOffice's own packages and Debian's put it. */
static bool find_program(const char *name, char *out)
{
    const char *path = getenv("PATH");
    for (const char *p = path != NULL ? path : ""; *p != '\0';) {
        size_t n = strcspn(p, ":");
        int length = snprintf(out, PATH_BYTES, "%.*s/%s", (int)n, p, name);
        if (n > 0 && length > 0 && (unsigned)length < PATH_BYTES && access(out, X_OK) == 0)
            return true;
        p += p[n] == ':' ? n + 1 : n;
    }
    static const char *const patterns[] = {"/usr/lib/libreoffice/program/",
                                           "/usr/lib64/libreoffice/program/",
                                           "/opt/libreoffice*/program/"};
    bool found = false;
    for (size_t i = 0; i < PE_COUNT(patterns) && !found; i++) {
        glob_t matches;
        char pattern[128];
        snprintf(pattern, sizeof pattern, "%s%s", patterns[i], name);
        if (glob(pattern, 0, NULL, &matches) != 0) continue;
        const char *last = matches.gl_pathv[matches.gl_pathc - 1]; /* the newest version */
        found = access(last, X_OK) == 0 && strlen(last) < PATH_BYTES;
        if (found) memcpy(out, last, strlen(last) + 1);
        globfree(&matches);
    }
    return found;
}

/* Python for extensions is a package of its own in Debian and Ubuntu. False only where
 * LibreOffice's folder is known and has none. */
static bool has_python(void)
{
    char program[PATH_BYTES], folder[PATH_BYTES], loader[PATH_BYTES];
    if (!find_program("soffice", program) || !folder_of(program, folder)) return true;
    if (!join(loader, folder, "libpythonloaderlo.so")) return true;
    return access(loader, R_OK) == 0;
}

/* The .oxt beside this program: installed, or in the build folder. */
static bool find_oxt(char *out)
{
    static const char *const places[] = {"../share/power-engine/" EXTENSION_FILE,
                                         "../../addin/libreoffice/" EXTENSION_FILE, EXTENSION_FILE};
    char folder[PATH_BYTES];
    if (!folder_of("/proc/self/exe", folder)) return false;
    for (size_t i = 0; i < PE_COUNT(places); i++)
        if (join(out, folder, places[i]) && access(out, R_OK) == 0) return true;
    return false;
}

static bool copy_file(const char *from, const char *to)
{
    char buffer[65536];
    FILE *in = fopen(from, "rb"), *out = in != NULL ? fopen(to, "wb") : NULL;
    bool good = out != NULL;
    for (size_t n; good && (n = fread(buffer, 1, sizeof buffer, in)) > 0;)
        good = fwrite(buffer, 1, n, out) == n;
    good = good && ferror(in) == 0;
    if (out != NULL && fclose(out) != 0) good = false;
    if (in != NULL) fclose(in);
    return good;
}

/* Writes the path of this program into the copy of the extension. */
static bool add_program(const char *oxt)
{
    char program[PATH_MAX]; /* libzip reads it when it closes */
    int error;
    if (realpath("/proc/self/exe", program) == NULL) return false;
    zip_t *zip = zip_open(oxt, 0, &error);
    if (zip == NULL) return false;
    zip_source_t *source = zip_source_buffer(zip, program, strlen(program), 0);
    if (source == NULL || zip_file_add(zip, PROGRAM_ENTRY, source, ZIP_FL_OVERWRITE) < 0) {
        zip_source_free(source);
        zip_discard(zip);
        return false;
    }
    if (zip_close(zip) == 0) return true;
    zip_discard(zip);
    return false;
}

static pe_exit run(const char *program, const char *const *arguments)
{
    pid_t child;
    int status;
    int error =
        posix_spawn(&child, program, NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
    if (error != 0) return fail(PE_EXIT_IO, "cannot start unopkg: ", strerror(error));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail(PE_EXIT_IO, "unopkg was lost: ", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return PE_EXIT_OK;
    return fail(PE_EXIT_IO, "LibreOffice's unopkg refused: see its message above", "");
}

static pe_exit install(const char *unopkg, const char *oxt, bool shared)
{
    char folder[] = "/tmp/power-engine-XXXXXX", copy[PATH_BYTES];
    if (mkdtemp(folder) == NULL) return fail(PE_EXIT_IO, "no temporary folder: ", strerror(errno));
    pe_exit result = PE_EXIT_IO;
    if (!join(copy, folder, EXTENSION_FILE) || !copy_file(oxt, copy) || !add_program(copy)) {
        fail(result, "the extension cannot be read: ", oxt);
    } else {
        const char *arguments[] = {unopkg, "add", "-f", "-s", copy, shared ? "--shared" : NULL,
                                   NULL};
        result = run(unopkg, arguments);
    }
    unlink(copy);
    rmdir(folder);
    if (result == PE_EXIT_OK)
        puts(
            "Power Engine is installed in LibreOffice: restart it; the menu \"Power Engine\" is in "
            "Calc.");
    return result;
}

static pe_exit uninstall(const char *unopkg, bool shared)
{
    const char *arguments[] = {unopkg, "remove", EXTENSION_ID, shared ? "--shared" : NULL, NULL};
    pe_exit result = run(unopkg, arguments);
    if (result == PE_EXIT_OK) puts("Power Engine is removed from LibreOffice.");
    return result;
}

bool pe_cli_is_extension(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "install-libreoffice") == 0 ||
                        strcmp(argv[1], "uninstall-libreoffice") == 0);
}

pe_exit pe_cli_extension(int argc, char **argv)
{
    bool adding = argv[1][0] == 'i', shared = false;
    char unopkg[PATH_BYTES], found[PATH_BYTES];
    const char *oxt = NULL;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--shared") == 0) {
            shared = true;
        } else if (adding && strcmp(argv[i], "--oxt") == 0 && i + 1 < argc) {
            oxt = argv[++i];
        } else {
            fputs(help, strcmp(argv[i], "--help") == 0 ? stdout : stderr);
            return strcmp(argv[i], "--help") == 0 ? PE_EXIT_OK : PE_EXIT_USAGE;
        }
    }
    if (geteuid() == 0 && !shared)
        return fail(PE_EXIT_USAGE,
                    "an extension belongs to a user: run this as yourself, without sudo; or add "
                    "--shared, for all users of this computer",
                    "");
    if (!find_program("unopkg", unopkg))
        return fail(PE_EXIT_IO,
                    "LibreOffice was not found: install it with: sudo apt-get install "
                    "libreoffice-calc python3-uno",
                    "");
    if (!adding) return uninstall(unopkg, shared);
    if (!has_python())
        return fail(
            PE_EXIT_IO,
            "LibreOffice's Python is missing, which the extension is written in: install it "
            "with: sudo apt-get install python3-uno",
            "");
    if (oxt == NULL && !find_oxt(found))
        return fail(PE_EXIT_IO,
                    EXTENSION_FILE " is not beside this program: give its place with "
                                   "--oxt FILE",
                    "");
    return install(unopkg, oxt != NULL ? oxt : found, shared);
}
