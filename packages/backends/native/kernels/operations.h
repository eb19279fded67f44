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

// x [..., a, b], addend [a, b] -> x * scale + addend. TAKES x: its memory is the result's.
struct ScaleAdd {
  float scale = 1;
  ScaleAdd(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "scale", &scale, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), addend(context, 1, status);
    Require(x.rank() >= 2 && addend.rank() == 2 && x.dim(-1) == addend.dim(-1) && x.dim(-2) == addend.dim(-2),
            "the addend has the shape of x's last two axes", status);
    if (!status.ok()) return;
    const int64_t n = addend.size();
    ForRows(Count(x.size(), n), n, [&](int64_t row) { ScaleAddRow(x.data() + row * n, addend.data(), n, scale); });
    SetView(context, x, x.shape(), status);
  }
};

// x [rows, n], bias [n], like [..., one or more axes] -> [..., n], or [..., heads, n / heads] where there are heads, with
// the leading axes that `like` has before its last `columns`. TAKES x: its memory is the result's.
struct AddBias {
  int64_t columns = 1, heads = 0;
  AddBias(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrInt64(context, "columns", &columns, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, "heads", &heads, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), bias(context, 1, status), like(context, 2, status);
    Require(x.rank() == 2 && bias.size() == x.dim(-1), "the bias is as long as x's rows", status);
    Require(columns > 0 && like.rank() >= columns, "there are fewer axes than columns take", status);
    Require(heads >= 0 && (heads == 0 || x.dim(-1) % heads == 0), "heads divide x's rows", status);
    if (!status.ok()) return;
    Shape shape = like.shape();
    shape.resize(shape.size() - columns);
    const int64_t n = x.dim(-1);
    if (heads > 0) shape.push_back(heads);
    shape.push_back(heads > 0 ? n / heads : n);
    ForRows(Count(x.size(), n), n, [&](int64_t row) { AddRow(x.data() + row * n, bias.data(), n, x.data() + row * n); });
    SetView(context, x, shape, status);
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

// x [a, b, c, n] -> [a, c, b, n]
struct SwapAxes {
  SwapAxes(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    Require(x.rank() == 4, "x has four axes", status);
    if (!status.ok()) return;
    const int64_t a = x.dim(0), b = x.dim(1), c = x.dim(2), n = x.dim(3);
    const Tensor y(context, 0, {a, c, b, n}, status);
    if (!status.ok()) return;
    float* to = y.data();
    for (int64_t i = 0; i < a; i++)
      for (int64_t k = 0; k < c; k++)
        for (int64_t j = 0; j < b; j++, to += n)
          std::memcpy(to, x.data() + ((i * b + j) * c + k) * n, n * sizeof(float));
  }
};

}  // namespace hookdict
