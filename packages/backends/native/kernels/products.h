// Products of few rows: those of a step of generation, which take as long as their matrix takes to come through memory.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "operations.h"
#include "rows.h"
#include "tensorflow.h"
#include "threads.h"
#include "tiles.h"

namespace hookdict {

constexpr int64_t kParts = 8;     // of a product; as many threads may share it
constexpr int64_t kWide = 1024;  // columns that lie together long enough

/** x [rows, in] times weight [in, n] (+ bias [n], where there is one) into y [rows, n]. */
struct RowsTimes {
  const float *x, *weight, *bias;
  int64_t rows, in, n;
  float* y;

  /** How many threads may share it. */
  int64_t parts() const { return std::min(std::max<int64_t>(in * n / (4 * kPart), 1), kParts); }
  /** Wide matrices are divided by columns first: each such part is the result's, and needs no sum of its own. */
  int64_t widths() const { return std::min(std::max<int64_t>(n / kWide, 1), parts()); }
  /** Rows of the matrix are divided by what is left. */
  int64_t depths() const { return (parts() + widths() - 1) / widths(); }
};

/** A part of a product. */
struct ProductPart {
  const RowsTimes* of;
  int64_t from, to, column, width;
  float* sum;  // its first row; rows lie `n` apart

  void Add() const {
    if (sum != of->y + column)
      for (int64_t row = 0; row < of->rows; row++) std::memset(sum + row * of->n, 0, width * sizeof(float));
    AddProduct(of->x, of->weight + column, of->rows, of->in, of->n, width, from, to, sum);
  }
};

/** Parts of all products are divided among threads at once. They depend on nothing but sizes, so that sums are the same every time. */
inline void MultiplyAll(const std::vector<RowsTimes>& products) {
  thread_local std::vector<float> sums;  // kept: memory that is asked for anew at every product comes in pages that are cleared first
  int64_t size = 0;
  for (const RowsTimes& each : products)
    if (each.depths() > 1) size += each.depths() * each.rows * each.n;
  if (static_cast<int64_t>(sums.size()) < size) sums.resize(size);
  std::vector<ProductPart> parts;
  float* next = sums.data();
  for (const RowsTimes& each : products) {
    for (int64_t row = 0; row < each.rows; row++) {
      float* to = each.y + row * each.n;
      if (each.bias == nullptr) std::memset(to, 0, each.n * sizeof(float));
      else std::memcpy(to, each.bias, each.n * sizeof(float));
    }
    const int64_t widths = each.widths(), depths = each.depths();
    const int64_t width = (each.n + widths - 1) / widths, length = (each.in + depths - 1) / depths;
    for (int64_t depth = 0; depth < depths; depth++) {
      float* sum = depths > 1 ? next : each.y;
      if (depths > 1) next += each.rows * each.n;
      for (int64_t at = 0; at < widths; at++) {
        const int64_t column = std::min(at * width, each.n);
        parts.push_back({&each, depth * length, std::min((depth + 1) * length, each.in), column,
                         std::min(width, each.n - column), sum + column});
      }
    }
  }
  Threads::All().Run(parts.size(), 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; part++) parts[part].Add();
  });
  const float* sum = sums.data();
  for (const RowsTimes& each : products) {
    const int64_t depths = each.depths(), count = each.rows * each.n;
    if (depths == 1) continue;
    ForParts(count, [&](int64_t from, int64_t n) {
      for (int64_t depth = 0; depth < depths; depth++) AddRow(each.y + from, sum + depth * count + from, n, each.y + from);
    });
    sum += depths * count;
  }
}

// x [..., the last `columns` axes: in], weight [in, n], with a bias [n] -> x W, or x W + b, in the shape above. The matrix is
// read once, from its beginning to its end.
template <bool kHasBias>
struct FewLinear : LinearShape {
  using LinearShape::LinearShape;
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), weight(context, 1, status);
    Require(weight.rank() == 2, "the weight is a matrix", status);
    if (!status.ok()) return;
    const int64_t in = weight.dim(0), n = weight.dim(1);
    const Shape shape = Of(x, n, status);
    int64_t width = 1;
    for (int64_t axis = 0; status.ok() && axis < columns; axis++) width *= x.dim(-1 - axis);
    Require(width == in, "x's rows are as long as the weight has rows", status);
    if (!status.ok()) return;
    const Tensor y(context, 0, shape, status);
    const int64_t rows = Count(y.size(), n);  // x has no elements where the matrix has no rows
    if (!status.ok()) return;
    if (!kHasBias) return MultiplyAll({RowsTimes{x.data(), weight.data(), nullptr, rows, in, n, y.data()}});
    const Tensor bias(context, 2, status);
    Require(bias.size() == n, "the bias is as long as the result's rows", status);
    if (status.ok()) MultiplyAll({RowsTimes{x.data(), weight.data(), bias.data(), rows, in, n, y.data()}});
  }
};

// x [..., in], matrix [n, in] -> x times the matrix transposed: [..., n]. The matrix is read once.
struct FewTransposed {
  FewTransposed(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), matrix(context, 1, status);
    Require(x.rank() > 0 && matrix.rank() == 2 && x.dim(-1) == matrix.dim(1), "x's rows are as long as the matrix's", status);
    if (!status.ok()) return;
    const int64_t in = x.dim(-1), n = matrix.dim(0);
    Shape shape = x.shape();
    shape.back() = n;
    const Tensor y(context, 0, shape, status);
    if (!status.ok()) return;
    const int64_t rows = Count(y.size(), n);  // x has no elements where the matrix has no columns
    if (rows == 1) {
      const int64_t part = std::max<int64_t>(4 * kPart / std::max<int64_t>(in, 1), 1);
      return Threads::All().Run(n, part, [&](int64_t from, int64_t to) {
        Products(x.data(), matrix.data() + from * in, in, in, to - from, y.data() + from);
      });
    }
    std::vector<float> columns(in * kMostRows);
    for (int64_t first = 0; first < rows; first += kMostRows) {
      const int64_t count = std::min(kMostRows, rows - first);
      AsColumns(x.data() + first * in, count, in, columns.data());
      ForRows((n + kSideBySide - 1) / kSideBySide, kSideBySide * in / 4, [&](int64_t block) {
        const int64_t at = block * kSideBySide, some = std::min<int64_t>(kSideBySide, n - at);
        ColumnProducts(columns.data(), matrix.data() + at * in, in, count, some, y.data() + first * n + at, n);
      });
    }
  }
};

/** The scores of FewScores below. Keys are read once, in the order in which they lie. */
inline void AllScores(const Tensor& q, const Tensor& k, const Tensor& mask, float scale, const Tensor& y) {
  const int64_t dest = q.dim(1), heads = q.dim(2), n = q.dim(3), src = mask.dim(1), groups = k.dim(2);
  const int64_t shared = heads / groups, room = k.dim(1);
  // One row: the keys of a position.
  ForRows(q.dim(0) * src, groups * n, [&](int64_t row) {
    const int64_t batch = row / src, at = row % src;
    const float* key = k.data() + (batch * room + at) * groups * n;
    for (int64_t to = 0; to < dest; to++) {
      const float* query = q.data() + (batch * dest + to) * heads * n;
      float* score = y.data() + (batch * heads * dest + to) * src + at;
      HeadProducts(query, key, heads, shared, n, scale, mask.data()[to * src + at], score, dest * src);
    }
  });
}

// queries [batch, dest, head, n], keys [batch, src or more, group, n], mask [dest, src] -> scale q.k + mask [batch, head, dest, src].
// For few queries, or what is too small to be worth four operations.
struct FewScores {
  float scale = 1;
  FewScores(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "scale", &scale, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor q(context, 0, status), k(context, 1, status), mask(context, 2, status);
    Require(q.rank() == 4 && k.rank() == 4 && q.dim(0) == k.dim(0) && q.dim(3) == k.dim(3) && k.dim(2) > 0 &&
                q.dim(2) % k.dim(2) == 0 && mask.rank() == 2 && mask.dim(0) == q.dim(1) && mask.dim(1) <= k.dim(1),
            "queries, keys and mask fit", status);
    if (!status.ok()) return;
    const Tensor y(context, 0, {q.dim(0), q.dim(2), q.dim(1), mask.dim(1)}, status);
    if (status.ok()) AllScores(q, k, mask, scale, y);
  }
};

// pattern [batch, head, dest, src], values [batch, src or more, group, n] -> [batch, dest, head, n]. As above.
struct FewValues {
  FewValues(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor p(context, 0, status), v(context, 1, status);
    Require(p.rank() == 4 && v.rank() == 4 && p.dim(0) == v.dim(0) && p.dim(3) <= v.dim(1) && v.dim(2) > 0 &&
                p.dim(1) % v.dim(2) == 0,
            "pattern and values fit", status);
    if (!status.ok()) return;
    const int64_t heads = p.dim(1), dest = p.dim(2), src = p.dim(3), groups = v.dim(2), n = v.dim(3), room = v.dim(1);
    const Tensor y(context, 0, {p.dim(0), dest, heads, n}, status);
    if (!status.ok()) return;
    ForRows(p.dim(0) * heads * dest, src * n, [&](int64_t row) {
      const int64_t batch = row / (heads * dest), head = row / dest % heads, at = row % dest;
      float* to = y.data() + ((batch * dest + at) * heads + head) * n;
      std::memset(to, 0, n * sizeof(float));
      AddRowsTimes(p.data() + row * src, src, v.data() + (batch * room * groups + head / (heads / groups)) * n,
                   groups * n, n, to);
    });
  }
};

/** Writes rows [batch, count, ...] into columns of store [batch, room, ...] from `at` on. */
inline void WriteInto(const Tensor& store, const Tensor& at, const Tensor& rows, Status& status) {
  Require(store.rank() >= 2 && rows.rank() == store.rank() && at.size() == 1, "rows are like the store's", status);
  for (int64_t axis = 0; status.ok() && axis < store.rank(); axis++)
    Require(axis == 1 || store.dim(axis) == rows.dim(axis), "rows are like the store's", status);
  if (!status.ok()) return;
  const int64_t first = *at.integers(), room = store.dim(1), count = rows.dim(1);
  Require(first >= 0 && first + count <= room, "there is room for the rows", status);
  if (!status.ok()) return;
  const int64_t batch = store.dim(0), n = Count(store.size(), batch * room), length = count * n;
  for (int64_t row = 0; row < batch; row++)
    std::memcpy(store.data() + (row * room + first) * n, rows.data() + row * length, length * sizeof(float));
}

// store [batch, room, ...], at int32 [1], rows [batch, count, ...] -> the store with the rows in columns from `at` on. TAKES the
// store: its memory is the result's.
struct WriteColumns {
  WriteColumns(TF_OpKernelConstruction*, Status&) {}
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor store(context, 0, status), at(context, 1, status), rows(context, 2, status);
    WriteInto(store, at, rows, status);
    if (!status.ok()) return;
    TF_SetOutput(context, 0, store.get(), status);
  }
};

}  // namespace hookdict
