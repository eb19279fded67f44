// Operations of a transformer that TensorFlow takes several of its own for, each of them once more through memory.
#pragma once

#include <cstring>

#include "rows.h"
#include "tensorflow.h"
#include "threads.h"

namespace hookdict {

// x [..., n], gain [n], bias [n] -> scale [..., 1], normalized [..., n], output [..., n]
struct LayerNorm {
  float epsilon = 0;
  LayerNorm(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &epsilon, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), gain(context, 1, status), bias(context, 2, status);
    Require(x.rank() > 0 && gain.size() == x.dim(-1) && bias.size() == x.dim(-1), "gain and bias are as long as x's rows",
            status);
    if (!status.ok()) return;
    Shape rows = x.shape();
    rows.back() = 1;
    const Tensor scale(context, 0, rows, status), normalized(context, 1, x.shape(), status),
        output(context, 2, x.shape(), status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    ForRows(scale.size(), n, [&](int64_t row) {
      NormalizeRow(x.data() + row * n, gain.data(), bias.data(), n, epsilon, scale.data() + row,
                   normalized.data() + row * n, output.data() + row * n);
    });
  }
};

// x [..., n], gain [n] -> scale [..., 1], normalized [..., n], output [..., n]
struct RmsNorm {
  float epsilon = 0;
  RmsNorm(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &epsilon, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), gain(context, 1, status);
    Require(x.rank() > 0 && gain.size() == x.dim(-1), "gain is as long as x's rows", status);
    if (!status.ok()) return;
    Shape rows = x.shape();
    rows.back() = 1;
    const Tensor scale(context, 0, rows, status), normalized(context, 1, x.shape(), status),
        output(context, 2, x.shape(), status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    ForRows(scale.size(), n, [&](int64_t row) {
      NormalizeRowByRoot(x.data() + row * n, gain.data(), n, epsilon, scale.data() + row, normalized.data() + row * n,
                         output.data() + row * n);
    });
  }
};

// gate, up -> activation(gate) * up, all of one shape; kind 0: silu, 1: GELU by its tanh approximation
struct Gated {
  int64_t kind = 0;
  Gated(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "kind", &kind, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor gate(context, 0, status), up(context, 1, status);
    Require(gate.shape() == up.shape(), "gate and up are of one shape", status);
    Require(kind == 0 || kind == 1, "there is no such kind", status);
    if (!status.ok()) return;
    const Tensor y(context, 0, gate.shape(), status);
    if (!status.ok()) return;
    const auto row = kind == 0 ? &SiluGateRow : &GeluGateRow;
    ForParts(gate.size(),
             [&](int64_t from, int64_t n) { row(gate.data() + from, up.data() + from, n, y.data() + from); });
  }
};

// x [batch, pos, head, n], cos and sin [pos, pairs] or [batch, pos, pairs], 2 pairs <= n -> y of x's shape
struct Rotate {
  int64_t adjacent = 0;
  Rotate(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "adjacent", &adjacent, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), cos(context, 1, status), sin(context, 2, status);
    Require(x.rank() == 4 && (cos.rank() == 2 || cos.rank() == 3) && cos.shape() == sin.shape() &&
                cos.dim(-2) == x.dim(1) && 2 * cos.dim(-1) <= x.dim(3) && (cos.rank() == 2 || cos.dim(0) == x.dim(0)),
            "angles are as many as positions, pairs no more than half a head", status);
    if (!status.ok()) return;
    const Tensor y(context, 0, x.shape(), status);
    if (!status.ok()) return;
    const int64_t positions = x.dim(1), heads = x.dim(2), n = x.dim(3), pairs = cos.dim(-1);
    const auto rotate = adjacent == 0 ? &RotateHalves : &RotateAdjacent;
    ForRows(x.dim(0) * positions, heads * n, [&](int64_t row) {
      const int64_t angles = (cos.rank() == 3 ? row : row % positions) * pairs;
      for (int64_t head = 0; head < heads; head++) {
        const int64_t at = (row * heads + head) * n;
        rotate(x.data() + at, cos.data() + angles, sin.data() + angles, pairs, y.data() + at);
        std::memcpy(y.data() + at + 2 * pairs, x.data() + at + 2 * pairs, (n - 2 * pairs) * sizeof(float));
      }
    });
  }
};

// x -> y, of one shape
struct Gelu {
  Gelu(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    if (!status.ok()) return;
    const Tensor y(context, 0, x.shape(), status);
    if (!status.ok()) return;
    ForParts(x.size(), [&](int64_t from, int64_t n) { GeluRow(x.data() + from, n, y.data() + from); });
  }
};

// x [..., n] -> y [..., n]
struct Softmax {
  Softmax(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    Require(x.rank() > 0, "x has no axis", status);
    if (!status.ok()) return;
    const Tensor y(context, 0, x.shape(), status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    ForRows(Count(x.size(), n), n, [&](int64_t row) { SoftmaxRow(x.data() + row * n, n, y.data() + row * n); });
  }
};

// x [..., a, b], addend [a, b] -> x * scale + addend; where there are heads, x [batch, groups, heads / groups * a, b] gives
// [batch, heads, a, b]. TAKES x: its memory is the result's.
struct ScaleAdd {
  float scale = 1;
  int64_t heads = 0;
  ScaleAdd(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "scale", &scale, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, "heads", &heads, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), addend(context, 1, status);
    Require(x.rank() >= 2 && addend.rank() == 2 && x.dim(-1) == addend.dim(-1), "the addend's rows are as long as x's",
            status);
    if (!status.ok()) return;
    Shape shape = x.shape();
    if (heads > 0) shape = {x.dim(0), heads, addend.dim(0), addend.dim(1)};
    int64_t size = 1;
    for (const int64_t each : shape) size *= each;
    Require(shape[shape.size() - 2] == addend.dim(0) && size == x.size(), "the addend has the shape of x's last two axes",
            status);
    if (!status.ok()) return;
    const int64_t n = addend.size();
    ForRows(Count(x.size(), n), n, [&](int64_t row) { ScaleAddRow(x.data() + row * n, addend.data(), n, scale); });
    SetView(context, x, shape, status);
  }
};

// Attributes of a linear layer, and the shape of what it gives: [..., n], or [..., heads, n / heads] where there are heads,
// with the leading axes that `like` has before its last `columns`.
struct LinearShape {
  int64_t columns = 1, heads = 0;
  LinearShape(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "columns", &columns, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, "heads", &heads, status);
  }
  Shape Of(const Tensor& like, int64_t n, Status& status) const {
    Require(columns > 0 && like.rank() >= columns, "there are fewer axes than columns take", status);
    Require(heads >= 0 && (heads == 0 || n % heads == 0), "heads divide the rows", status);
    Shape shape = like.shape();
    if (!status.ok()) return shape;
    shape.resize(shape.size() - columns);
    if (heads > 0) shape.push_back(heads);
    shape.push_back(heads > 0 ? n / heads : n);
    return shape;
  }
};

// x [rows, n], like [...], with a bias [n] -> x, or x + bias, in the shape above. TAKES x: its memory is the result's.
template <bool kHasBias>
struct Shaped : LinearShape {
  using LinearShape::LinearShape;
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), like(context, 1, status);
    Require(x.rank() == 2, "x is a matrix", status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    const Shape shape = Of(like, n, status);
    if (kHasBias && status.ok()) {
      const Tensor bias(context, 2, status);
      Require(bias.size() == n, "the bias is as long as the result's rows", status);
      if (!status.ok()) return;
      ForRows(Count(x.size(), n), n, [&](int64_t row) { AddRow(x.data() + row * n, bias.data(), n, x.data() + row * n); });
    }
    if (status.ok()) SetView(context, x, shape, status);
  }
};

// x, y -> x + y, all of one shape
struct Add {
  Add(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), y(context, 1, status);
    Require(x.shape() == y.shape(), "x and y are of one shape", status);
    if (!status.ok()) return;
    const Tensor sum(context, 0, x.shape(), status);
    if (!status.ok()) return;
    ForParts(x.size(), [&](int64_t from, int64_t n) { AddRow(x.data() + from, y.data() + from, n, sum.data() + from); });
  }
};

// table [count, n], ids int32 [...] -> rows of the table: [..., n]
struct RowsAt {
  RowsAt(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor table(context, 0, status), ids(context, 1, status);
    Require(table.rank() == 2, "the table is a matrix", status);
    for (int64_t i = 0; status.ok() && i < ids.size(); i++)
      Require(ids.integers()[i] >= 0 && ids.integers()[i] < table.dim(0), "the table has a row of each number", status);
    if (!status.ok()) return;
    const int64_t n = table.dim(1);
    Shape shape = ids.shape();
    shape.push_back(n);
    const Tensor y(context, 0, shape, status);
    if (!status.ok()) return;
    ForRows(ids.size(), n, [&](int64_t row) {
      std::memcpy(y.data() + row * n, table.data() + ids.integers()[row] * n, n * sizeof(float));
    });
  }
};

// x [..., the last `columns` axes] -> [rows, the product of those], the same memory
struct Rows {
  int64_t columns = 1;
  Rows(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "columns", &columns, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    Require(columns > 0 && x.rank() >= columns, "there are fewer axes than columns take", status);
    if (!status.ok()) return;
    Shape shape = {1, 1};
    for (int64_t axis = 0; axis < x.rank(); axis++) shape[axis < x.rank() - columns ? 0 : 1] *= x.shape()[axis];
    SetView(context, x, shape, status);
  }
};

// x [a, b, c, n] -> [a, c, b, n]. Where there are heads, x's second and third axis are taken for [heads, the rest]; where
// there are groups, the result's are made [groups, the rest].
struct SwapAxes {
  int64_t heads = 0, groups = 0;
  SwapAxes(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "heads", &heads, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, "groups", &groups, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    Require(x.rank() == 4, "x has four axes", status);
    if (!status.ok()) return;
    const int64_t a = x.dim(0), middle = x.dim(1) * x.dim(2), n = x.dim(3);
    Require((heads == 0 || middle % heads == 0) && (groups == 0 || middle % groups == 0), "axes divide", status);
    if (!status.ok()) return;
    const int64_t b = heads > 0 ? heads : x.dim(1), c = heads > 0 ? middle / heads : x.dim(2);
    const Tensor y(context, 0, groups > 0 ? Shape{a, groups, middle / groups, n} : Shape{a, c, b, n}, status);
    if (!status.ok()) return;
    ForRows(a * c, b * n, [&](int64_t row) {
      float* to = y.data() + row * b * n;
      const float* from = x.data() + (row / c * b * c + row % c) * n;
      for (int64_t j = 0; j < b; j++) std::memcpy(to + j * n, from + j * c * n, n * sizeof(float));
    });
  }
};

// x [a, b, c, n] -> [a, groups, b * c / groups, n], the same memory
struct Group {
  int64_t groups = 1;
  Group(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "groups", &groups, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    Require(x.rank() == 4 && groups > 0 && x.dim(1) % groups == 0, "groups divide x's second axis", status);
    if (!status.ok()) return;
    SetView(context, x, {x.dim(0), groups, x.dim(1) / groups * x.dim(2), x.dim(3)}, status);
  }
};

}  // namespace hookdict
