/* functions_calcresult.c: errors under Calc's rules. The bodies are written for Excel; where Calc
 * finds an argument impossible it has its error 502, which its .xlsx export writes as #VALUE!. */
#include "functions_internal.h"

typedef struct exception {
    uint16_t id;
    uint8_t from, to; /* pe_error_code */
} exception;

/* What is not: #NUM! and #DIV/0! of a body become #VALUE! and stay. Source: values of LibreOffice
 * 7.4. */
static const exception exceptions[] = {
    {PE_FN_ACOS, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_ASIN, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_COT, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_CSC, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_EXP, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_POWER, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_IRR, PE_ERROR_NUM, PE_ERROR_NA},
    {PE_FN_RATE, PE_ERROR_NUM, PE_ERROR_NA},
    {PE_FN_QUOTIENT, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_LOG, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_INDEX, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_OFFSET, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_VLOOKUP, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_HLOOKUP, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_DSTDEV, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_DSTDEVP, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_DVAR, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_DVARP, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_ISPMT, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_FORECAST_LINEAR, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_F_TEST, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_FTEST, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_MODE, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_MODE_SNGL, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_MODE_MULT, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_TREND, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_GROWTH, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_LINEST, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_LOGEST, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_COVARIANCE_P, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_COVAR, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_AVEDEV, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_CONVERT, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_NPV, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_FLOOR, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_COTH, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_CSCH, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_PERCENTRANK, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_PERCENTRANK_INC, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_PERCENTRANK_EXC, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_SLOPE, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_INTERCEPT, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_FORECAST, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_COVAR, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_COVARIANCE_P, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_COVARIANCE_S, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_COVARIANCE_S, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_CORREL, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_PEARSON, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_RSQ, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_STEYX, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_SUMX2MY2, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_SUMX2PY2, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_SUMXMY2, PE_ERROR_NA, PE_ERROR_VALUE},
    {PE_FN_PMT, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_MIRR, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_PV, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_NPER, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_GAMMA, PE_ERROR_NUM, PE_ERROR_VALUE},
};

/* Sums and what is made of them: #NUM! is a result too large, or a cell's. */
static bool is_sum(pe_function_id id)
{
    static const uint16_t sums[] = {
        PE_FN_SUM,      PE_FN_SUMSQ,     PE_FN_PRODUCT,  PE_FN_SUMPRODUCT, PE_FN_SUMIF,
        PE_FN_SUMIFS,   PE_FN_AVERAGE,   PE_FN_AVERAGEA, PE_FN_AVERAGEIF,  PE_FN_AVERAGEIFS,
        PE_FN_DEVSQ,    PE_FN_STDEV,     PE_FN_STDEV_S,  PE_FN_STDEVP,     PE_FN_STDEV_P,
        PE_FN_STDEVA,   PE_FN_STDEVPA,   PE_FN_VAR,      PE_FN_VAR_S,      PE_FN_VARP,
        PE_FN_VAR_P,    PE_FN_VARA,      PE_FN_VARPA,    PE_FN_SUBTOTAL,   PE_FN_AGGREGATE,
        PE_FN_SUMX2MY2, PE_FN_SUMX2PY2,  PE_FN_SUMXMY2,  PE_FN_MMULT,      PE_FN_MAX,
        PE_FN_MIN,      PE_FN_SERIESSUM, PE_FN_SKEW,     PE_FN_KURT};
    for (size_t i = 0; i < PE_COUNT(sums); i++)
        if (sums[i] == id) return true;
    return false;
}

pe_value pe_calc_result(pe_function_id id, pe_value result)
{
    if (!pe_is_error(result)) return result;
    pe_error_code code = pe_as_error(result);
    for (size_t i = 0; i < PE_COUNT(exceptions); i++)
        if (exceptions[i].id == id && exceptions[i].from == code)
            return pe_error((pe_error_code)exceptions[i].to);
    return code == PE_ERROR_NUM && !is_sum(id) ? pe_error(PE_ERROR_VALUE) : result;
}
