"""Arithmetic for kernels whose rows lie along vector lanes: exponential, logarithm, and sums in an order that is fixed.

The functions are plain arithmetic without branches, so that the compiler turns loops over them into vector instructions,
and the sums name their lanes. Results are therefore the same bits on any processor and for any vector width (no
fastmath, no fused multiply-add); the system's mathematical library, which differs between machines, is not called.
"""

import math

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "exp", "lane_sums", "log"]

LANES = 8
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # fdlibm: n * high is exact for |n| < 2^20
_ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to an integer, which then stands in the lowest bits
_SMALLEST = -700.0  # exp(-700) = 1e-304 stands for everything below
_C2, _C3, _C4, _C5, _C6, _C7 = (1 / math.factorial(i) for i in range(2, 8))
_C8, _C9, _C10, _C11, _C12, _C13 = (1 / math.factorial(i) for i in range(8, 14))


@intrinsic
def _bits(typingctx, value):
    """The 64 bits of a double as a signed integer."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), codegen


@intrinsic
def _double(typingctx, value):
    """The double that has these 64 bits."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), codegen


@njit(cache=True, nogil=True, error_model="numpy")
def exp(x):
    """exp(x) for x <= 0 within 2 units in the last place; 2^n times the Taylor polynomial of degree 13 on |r| <= ln(2) / 2."""
    x = max(x, _SMALLEST)
    shifted = x * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (_C2 + r * _C3)
    middle = (_C4 + r * _C5) + r2 * (_C6 + r * _C7)
    high = ((_C8 + r * _C9) + r2 * (_C10 + r * _C11)) + r4 * (_C12 + r * _C13)
    return _double(_bits(low + r4 * (middle + r4 * high)) + (_bits(shifted) << 52))


@njit(cache=True, nogil=True, error_model="numpy")
def log(x):
    """log(x) for normal x > 0 within 2 units in the last place: exponent and the series of 2 atanh(f), f = (m - 1) / (m + 1), |f| < 0.172."""
    shifted = _bits(x) + 0x00095F6200000000  # so that the mantissa m lies in [sqrt(1/2), sqrt(2))
    n = _double(((shifted >> 52) - 1023) + 0x4338000000000000) - _ROUND
    m = _double((shifted & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000)
    f = (m - 1.0) / (m + 1.0)
    z = f * f
    z2 = z * z
    low = (1 / 3 + z * (1 / 5)) + z2 * (1 / 7 + z * (1 / 9))
    high = (1 / 11 + z * (1 / 13)) + z2 * (1 / 15 + z * (1 / 17)) + z2 * z2 * (1 / 19 + z * (1 / 21))
    return n * _LN2_HIGH + (2.0 * f + (2.0 * f * z * (low + z2 * z2 * high) + n * _LN2_LOW))


def lane_sums(count):
    """An intrinsic sums(r, table) -> (sum of r, sum of r * table[0], ..., sum of r * table[count - 1]).

    r (n,) and table (at least count, n) are C-contiguous doubles, n a multiple of eight. Element i is added to lane i mod
    8, and the lanes in pairs at the end: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)).
    """

    @intrinsic
    def sums(typingctx, r, table):
        def codegen(context, builder, signature, arguments):
            row, rows = (context.make_array(kind)(context, builder, value) for kind, value in zip(signature.args, arguments, strict=True))
            vector, word = ir.VectorType(ir.DoubleType(), LANES), context.get_value_type(types.intp)
            n = builder.extract_value(row.shape, 0)
            totals = [cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES)) for _ in range(count + 1)]

            def load(array, offset):
                value = builder.load(builder.bitcast(builder.gep(array.data, [offset]), vector.as_pointer()))
                value.align = 8  # NumPy promises the alignment of a double, not of a vector
                return value

            with cgutils.for_range_slice(builder, ir.Constant(word, 0), n, ir.Constant(word, LANES)) as (i, _):
                factor = load(row, i)
                for c, total in enumerate(totals):
                    term = factor if c == 0 else builder.fmul(factor, load(rows, builder.add(builder.mul(n, ir.Constant(word, c - 1)), i)))
                    builder.store(builder.fadd(builder.load(total), term), total)
            results = []
            for total in totals:
                parts = [builder.extract_element(builder.load(total), ir.Constant(ir.IntType(32), lane)) for lane in range(LANES)]
                while len(parts) > 1:
                    parts = [builder.fadd(a, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
                results.append(parts[0])
            return context.make_tuple(builder, signature.return_type, results)

        return types.UniTuple(types.float64, count + 1)(r, table), codegen

    return sums
