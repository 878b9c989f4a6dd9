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
    {PE_FN_ACOS, PE_ERROR_NUM, PE_ERROR_NUM},        {PE_FN_ASIN, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_COT, PE_ERROR_DIV0, PE_ERROR_NUM},        {PE_FN_CSC, PE_ERROR_DIV0, PE_ERROR_NUM},
    {PE_FN_EXP, PE_ERROR_NUM, PE_ERROR_NUM},         {PE_FN_POWER, PE_ERROR_NUM, PE_ERROR_NUM},
    {PE_FN_IRR, PE_ERROR_NUM, PE_ERROR_NA},          {PE_FN_RATE, PE_ERROR_NUM, PE_ERROR_NA},
    {PE_FN_QUOTIENT, PE_ERROR_DIV0, PE_ERROR_VALUE}, {PE_FN_LOG, PE_ERROR_DIV0, PE_ERROR_VALUE},
    {PE_FN_INDEX, PE_ERROR_REF, PE_ERROR_VALUE},     {PE_FN_OFFSET, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_VLOOKUP, PE_ERROR_REF, PE_ERROR_VALUE},   {PE_FN_HLOOKUP, PE_ERROR_REF, PE_ERROR_VALUE},
    {PE_FN_MODE, PE_ERROR_NA, PE_ERROR_VALUE},       {PE_FN_NPV, PE_ERROR_DIV0, PE_ERROR_NUM},
};

pe_value pe_calc_result(pe_function_id id, pe_value result)
{
    if (!pe_is_error(result)) return result;
    pe_error_code code = pe_as_error(result);
    for (size_t i = 0; i < PE_COUNT(exceptions); i++)
        if (exceptions[i].id == id && exceptions[i].from == code)
            return pe_error((pe_error_code)exceptions[i].to);
    return code == PE_ERROR_NUM ? pe_error(PE_ERROR_VALUE) : result;
}
