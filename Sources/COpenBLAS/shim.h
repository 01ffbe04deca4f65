#pragma once
#include <cblas.h>

/// Cholesky factor of a symmetric positive definite matrix, in place; LAPACK, whose headers are a package of their own.
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info);
/// Inverse out of the factor, in place.
void dpotri_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info);
