// Parts of a transformer's layer that follow one another, for few rows: one operation in place of several, between which threads would
// fall asleep and memory wait.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "operations.h"
#include "products.h"
#include "rows.h"
#include "tensorflow.h"
#include "threads.h"

namespace hookdict {

using Held = std::vector<std::unique_ptr<Tensor>>;

/** Inputs `first` to `first + count`, which are a list. */
inline Held InputsOf(TF_OpKernelContext* context, int64_t first, int64_t count, Status& status) {
  Held held;
  for (int64_t i = 0; i < count; i++) held.push_back(std::make_unique<Tensor>(context, first + i, status));
  return held;
}

/** Reads integer attributes. */
inline void ReadIntegers(TF_OpKernelConstruction* context, const std::vector<std::pair<const char*, int64_t*>>& attributes,
                         Status& status) {
  for (const auto& [name, value] : attributes)
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt64(context, name, value, status);
}

/** Matrices of one x [..., in], perhaps each with a bias: checked, and multiplied when `Multiply` is called. */
class Layers {
 public:
  Layers(const Held& weights, const Held& biases) : weights_(weights), biases_(biases) {}

  /** Whether rows of so many numbers fit a matrix and its bias, and heads what comes out. */
  void Check(size_t which, int64_t in, int64_t heads, Status& status) const {
    if (!status.ok()) return;
    const Tensor& weight = *weights_[which];
    Require(weight.rank() == 2 && weight.dim(0) == in && (heads == 0 || weight.dim(1) % heads == 0),
            "x's rows are as long as the weights have rows, heads divide the results", status);
    Require(biases_.empty() || (biases_.size() == weights_.size() && weight.rank() == 2 && biases_[which]->size() == weight.dim(1)),
            "each bias is as long as its result's rows", status);
  }

  /** Output `index`, [..., heads, n / heads], or [..., n] where there are no heads. */
  const Tensor& Add(TF_OpKernelContext* context, size_t which, int index, const float* x, const Shape& like, int64_t heads,
                    Status& status) {
    Check(which, like.empty() ? -1 : like.back(), heads, status);
    const Tensor& weight = *weights_[which];
    Shape shape = like;
    if (status.ok()) {
      shape.back() = heads > 0 ? heads : weight.dim(1);
      if (heads > 0) shape.push_back(weight.dim(1) / heads);
    }
    made_.push_back(std::make_unique<Tensor>(context, index, shape, status));
    const Tensor& y = *made_.back();
    const float* bias = biases_.empty() || !status.ok() ? nullptr : biases_[which]->data();
    if (status.ok())
      products_.push_back({x, weight.data(), bias, Count(y.size(), weight.dim(1)), weight.dim(0), weight.dim(1), y.data()});
    return y;
  }

  /** All products that were added since. */
  void Multiply() {
    MultiplyAll(products_);
    products_.clear();
  }

 private:
  const Held &weights_, &biases_;
  Held made_;
  std::vector<RowsTimes> products_;
};

// What queries, keys and values are made of one x [..., in]: three products [..., heads, n / heads] and twice
// [..., key_heads, n / key_heads]. Threads divide all of them at once.
struct FewProjections {
  int64_t heads = 1, key_heads = 1, biases = 0;
  FewProjections(TF_OpKernelConstruction* context, Status& status) {
    ReadIntegers(context, {{"heads", &heads}, {"key_heads", &key_heads}, {"biases", &biases}}, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    const Held weights = InputsOf(context, 1, 3, status), added = InputsOf(context, 4, biases, status);
    Require(heads > 0 && key_heads > 0, "there are heads", status);
    if (!status.ok()) return;
    Layers layers(weights, added);
    for (int i = 0; i < 3 && status.ok(); i++) layers.Add(context, i, i, x.data(), x.shape(), i == 0 ? heads : key_heads, status);
    if (status.ok()) layers.Multiply();
  }
};

// queries [batch, dest, head, n], keyStore and valueStore [batch, room, group, n], at int32 [1], keys and values [batch, count, group, n],
// mask [dest, src] -> pattern v [batch, dest, head, n], scores q.k scale + mask and their softmax [batch, head, dest, src]. Keys and
// values are written into their stores from column `at` on, in place; what is attended to are the first `src` columns. With a weight
// [head * n, m], and perhaps a bias [m], also what that makes of it all, [batch, dest, m].
struct FewAttend {
  float scale = 1;
  int64_t weights = 0, biases = 0;
  FewAttend(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "scale", &scale, status);
    ReadIntegers(context, {{"weights", &weights}, {"biases", &biases}}, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor q(context, 0, status), k(context, 1, status), v(context, 2, status), at(context, 3, status),
        keys(context, 4, status), values(context, 5, status), mask(context, 6, status);
    Require(q.rank() == 4 && k.rank() == 4 && k.shape() == v.shape() && q.dim(0) == k.dim(0) && q.dim(3) == k.dim(3) &&
                k.dim(2) > 0 && q.dim(2) % k.dim(2) == 0 && mask.rank() == 2 && mask.dim(0) == q.dim(1) &&
                mask.dim(1) <= k.dim(1),
            "queries, stores and mask fit", status);
    const Held weight = InputsOf(context, 7, weights, status), bias = InputsOf(context, 7 + weights, biases, status);
    Layers layers(weight, bias);
    if (status.ok() && weights > 0)  // checked before anything is written
      layers.Check(0, q.dim(2) * q.dim(3), 0, status);
    if (status.ok()) WriteInto(k, at, keys, status);
    if (status.ok()) WriteInto(v, at, values, status);
    if (!status.ok()) return;
    const int64_t batch = q.dim(0), dest = q.dim(1), heads = q.dim(2), n = q.dim(3), src = mask.dim(1);
    const int64_t groups = k.dim(2), room = k.dim(1), shared = heads / groups;
    const Tensor z(context, 0, q.shape(), status), scores(context, 1, {batch, heads, dest, src}, status),
        pattern(context, 2, {batch, heads, dest, src}, status);
    if (!status.ok()) return;
    AllScores(q, k, mask, scale, scores);
    ForRows(batch * heads, dest * src * n / 4, [&](int64_t row) {
      const int64_t of = row / heads, head = row % heads;
      const int64_t first = (of * room * groups + head / shared) * n;
      for (int64_t to = 0; to < dest; to++) {
        const int64_t query = ((of * dest + to) * heads + head) * n, from = (row * dest + to) * src;
        SoftmaxRow(scores.data() + from, src, pattern.data() + from);
        std::memset(z.data() + query, 0, n * sizeof(float));
        AddRowsTimes(pattern.data() + from, src, v.data() + first, groups * n, n, z.data() + query);
      }
    });
    if (weights > 0) layers.Add(context, 0, 3, z.data(), {batch, dest, heads * n}, 0, status);
    if (status.ok()) layers.Multiply();
  }
};


/** Rows through a layer norm, or through an RMS norm where there is a gain alone. */
struct Normed {
  const Tensor scale, normalized, output;
  /** @param first Output with the scale; the others follow. */
  Normed(TF_OpKernelContext* context, int first, const Tensor& x, const Held& norm, float epsilon, Status& status)
      : scale(context, first, RowsOf(x, norm, status), status),
        normalized(context, first + 1, x.shape(), status),
        output(context, first + 2, x.shape(), status) {
    if (!status.ok()) return;
    const int64_t n = x.dim(-1);
    for (int64_t row = 0; row < scale.size(); row++) {
      const float* from = x.data() + row * n;
      float *mean = scale.data() + row, *rest = normalized.data() + row * n, *to = output.data() + row * n;
      if (norm.size() == 1) NormalizeRowByRoot(from, norm[0]->data(), n, epsilon, mean, rest, to);
      else NormalizeRow(from, norm[0]->data(), norm[1]->data(), n, epsilon, mean, rest, to);
    }
  }

 private:
  static Shape RowsOf(const Tensor& x, const Held& norm, Status& status) {
    bool fits = x.rank() > 0 && !norm.empty() && norm.size() <= 2;
    for (const auto& each : norm) fits = fits && each->size() == x.dim(-1);
    Require(fits, "gain and bias are as long as x's rows", status);
    Shape rows = x.shape();
    if (!rows.empty()) rows.back() = 1;
    return rows;
  }
};

// x [..., in], norm: gain and perhaps bias [in], three weights as of FewProjections -> scale [..., 1], normalized and output [..., in] of
// the norm, and the three products of that output.
struct FewNormProjections {
  float epsilon = 0;
  int64_t heads = 1, key_heads = 1, norms = 1, biases = 0;
  FewNormProjections(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &epsilon, status);
    ReadIntegers(context, {{"heads", &heads}, {"key_heads", &key_heads}, {"norms", &norms}, {"biases", &biases}}, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status);
    const Held norm = InputsOf(context, 1, norms, status), weights = InputsOf(context, 1 + norms, 3, status),
               added = InputsOf(context, 4 + norms, biases, status);
    Require(heads > 0 && key_heads > 0, "there are heads", status);
    if (!status.ok()) return;
    const Normed normed(context, 0, x, norm, epsilon, status);
    Layers layers(weights, added);
    for (int i = 0; i < 3 && status.ok(); i++)
      layers.Add(context, i, 3 + i, normed.output.data(), x.shape(), i == 0 ? heads : key_heads, status);
    if (status.ok()) layers.Multiply();
  }
};

/** Activations by their numbers: 0 silu, 1 GELU by its tanh approximation, 2 relu; times `up`, where there is one. */
inline void Activate(int64_t kind, const float* x, const float* up, int64_t n, float* y) {
  if (up != nullptr) return kind == 0 ? SiluGateRow(x, up, n, y) : GeluGateRow(x, up, n, y);
  if (kind == 1) return GeluRow(x, n, y);
  for (int64_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : x[i] != x[i] ? x[i] : 0.f;
}

// x and y [..., in], norm as above, weights of an MLP: in and out, or gate, in and out; biases of all of them or of none -> x + y; scale,
// normalized and output of its norm; what `in` gives of that, and `gate` before it; what the activation makes of them; what `out` gives
// of that; and x + y plus that.
struct FewMlp {
  float epsilon = 0;
  int64_t kind = 0, norms = 1, hidden = 1, biases = 0;
  FewMlp(TF_OpKernelConstruction* context, Status& status) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &epsilon, status);
    ReadIntegers(context, {{"kind", &kind}, {"norms", &norms}, {"hidden", &hidden}, {"biases", &biases}}, status);
  }
  void Compute(TF_OpKernelContext* context, Status& status) const {
    const Tensor x(context, 0, status), y(context, 1, status);
    const Held norm = InputsOf(context, 2, norms, status), weights = InputsOf(context, 2 + norms, hidden + 1, status),
               added = InputsOf(context, 3 + norms + hidden, biases, status);
    Require(x.shape() == y.shape(), "x and y are of one shape", status);
    Require(hidden == 1 ? kind == 1 || kind == 2 : hidden == 2 && (kind == 0 || kind == 1), "there is no such kind", status);
    if (!status.ok()) return;
    const Tensor mid(context, 0, x.shape(), status);
    if (!status.ok()) return;
    AddRow(x.data(), y.data(), x.size(), mid.data());
    const Normed normed(context, 1, mid, norm, epsilon, status);
    Layers layers(weights, added);
    const Tensor* pre[2] = {nullptr, nullptr};
    for (int64_t i = 0; i < hidden && status.ok(); i++)
      pre[i] = &layers.Add(context, i, 4 + i, normed.output.data(), x.shape(), 0, status);
    Require(!status.ok() || hidden == 1 || pre[0]->shape() == pre[1]->shape(), "gate and up are of one shape", status);
    if (!status.ok()) return;
    layers.Multiply();
    const Tensor post(context, 4 + hidden, pre[0]->shape(), status);
    if (!status.ok()) return;
    ForParts(post.size(), [&](int64_t from, int64_t n) {
      Activate(kind, pre[0]->data() + from, hidden == 2 ? pre[1]->data() + from : nullptr, n, post.data() + from);
    });
    const Tensor& out = layers.Add(context, hidden, 5 + hidden, post.data(), post.shape(), 0, status);
    Require(!status.ok() || out.shape() == x.shape(), "the MLP gives what it was given", status);
    const Tensor total(context, 6 + hidden, x.shape(), status);
    if (!status.ok()) return;
    layers.Multiply();
    AddRow(mid.data(), out.data(), x.size(), total.data());
  }
};

}  // namespace hookdict
