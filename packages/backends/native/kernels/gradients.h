// Operations of backward passes, each in place of several of TensorFlow's.
#pragma once

#include <vector>

#include "rows.h"
#include "tensorflow.h"
#include "threads.h"

namespace hookdict {

// x -> 1 where x > 0, else `alpha`; NaN where x is NaN
struct Step {
  float alpha = 0;
  Step(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "alpha", &alpha, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    if (!status.ok()) return;
    const Tensor y(context, 0, x.shape(), status);
    if (!status.ok()) return;
    ForParts(x.size(), [&](int64_t from, int64_t n) { StepRow(x.data() + from, n, alpha, y.data() + from); });
  }
};

// dy, x -> dy * gelu'(x), of one shape
struct GeluGrad {
  GeluGrad(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor dy(context, 0, status), x(context, 1, status);
    Require(dy.shape() == x.shape(), "dy and x are of one shape", status);
    if (!status.ok()) return;
    const Tensor dx(context, 0, x.shape(), status);
    if (!status.ok()) return;
    ForParts(x.size(), [&](int64_t from, int64_t n) {
      GeluGradRow(dy.data() + from, x.data() + from, n, dx.data() + from);
    });
  }
};

// dy [..., n], x [..., n], scale [..., 1] of y = (x - mean) / scale -> dx [..., n], dscale [..., 1]
struct NormalizeGrad {
  NormalizeGrad(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor dy(context, 0, status), x(context, 1, status), scale(context, 2, status);
    Require(x.rank() > 0 && dy.shape() == x.shape() && scale.size() == Count(x.size(), x.dim(-1)),
            "dy has x's shape, and every row a scale", status);
    if (!status.ok()) return;
    const Tensor dx(context, 0, x.shape(), status), dscale(context, 1, scale.shape(), status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    ForRows(scale.size(), n, [&](int64_t row) {
      dscale.data()[row] =
          NormalizeGradRow(dy.data() + row * n, x.data() + row * n, n, scale.data()[row], dx.data() + row * n);
    });
  }
};

// dscale [..., 1], x [..., n] of scale = sqrt(variance + epsilon) -> dx [..., n]
struct DeviationGrad {
  float epsilon = 0;
  DeviationGrad(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &epsilon, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor dscale(context, 0, status), x(context, 1, status);
    Require(x.rank() > 0 && dscale.size() == Count(x.size(), x.dim(-1)), "every row has a scale", status);
    if (!status.ok()) return;
    const Tensor dx(context, 0, x.shape(), status);
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    ForRows(dscale.size(), n, [&](int64_t row) {
      DeviationGradRow(dscale.data()[row], x.data() + row * n, n, epsilon, dx.data() + row * n);
    });
  }
};

// dy, y [batch, rows, columns, channel], x [batch, height, width, channel], y the largest of windows of x -> dx of x's shape.
// Of equal ones the first takes it all.
struct MaxPoolGrad {
  int64_t height = 1, width = 1, down = 1, right = 1, top = 0, left = 0;
  MaxPoolGrad(TF_OpKernelConstruction* context, Status& status) {
    const std::vector<std::pair<const char*, int64_t*>> attributes = {{"height", &height}, {"width", &width},
                                                                      {"down", &down},     {"right", &right},
                                                                      {"top", &top},       {"left", &left}};
    for (const auto& [name, value] : attributes)
      if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, name, value, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor dy(context, 0, status), x(context, 1, status), y(context, 2, status);
    Require(x.rank() == 4 && y.rank() == 4 && dy.shape() == y.shape() && x.dim(0) == y.dim(0) && x.dim(3) == y.dim(3),
            "x and y are images, dy of y's shape", status);
    Require(y.rank() == 4 && y.dim(1) > 0, "there are windows", status);
    Require(height > 0 && width > 0 && down > 0 && right > 0 && top >= 0 && left >= 0, "windows have sizes", status);
    if (!status.ok()) return;
    const Tensor dx(context, 0, x.shape(), status);
    if (!status.ok()) return;
    // Windows that share no rows of x are independent; others are one after the other.
    const int64_t steps = y.dim(1), parts = height <= down ? steps : 1;
    const int64_t row = x.dim(2) * x.dim(3);
    ForRows(x.dim(0) * parts, Count(x.dim(1) * row, parts), [&](int64_t part) {
      const int64_t image = part / parts, first = part % parts, last = parts == 1 ? steps : first + 1;
      const int64_t from = first == 0 ? 0 : Clamp(first * down - top, x);
      const int64_t to = last == steps ? x.dim(1) : Clamp(last * down - top, x);
      std::memset(dx.data() + (image * x.dim(1) + from) * row, 0, (to - from) * row * sizeof(float));
      std::vector<float> rest(x.dim(3));
      for (int64_t step = first; step < last; step++) Spread(dy, x, y, dx, image, step, rest);
    });
  }

 private:
  static int64_t Clamp(int64_t at, const Tensor& x) { return std::min(std::max<int64_t>(at, 0), x.dim(1)); }

  void Spread(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& dx, int64_t image, int64_t step,
              std::vector<float>& rest) const {
    const int64_t n = x.dim(3), rows = x.dim(1), columns = x.dim(2);
    const int64_t begin = std::max<int64_t>(step * down - top, 0), end = std::min(step * down - top + height, rows);
    for (int64_t at = 0; at < y.dim(2); at++) {
      const int64_t from = std::max<int64_t>(at * right - left, 0), to = std::min(at * right - left + width, columns);
      const int64_t window = ((image * y.dim(1) + step) * y.dim(2) + at) * n;
      std::memcpy(rest.data(), dy.data() + window, n * sizeof(float));
      for (int64_t i = begin; i < end; i++) {
        const int64_t cell = ((image * rows + i) * columns + from) * n;
        GiveToLargest(x.data() + cell, y.data() + window, n, to - from, rest.data(), dx.data() + cell);
      }
    }
  }
};

}  // namespace hookdict
