// TensorFlow's C interface for kernels, and tensors that free themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

// What is needed of tensorflow/c/kernels.h and ops.h: the first includes headers that Python's packages leave out in places.
extern "C" {
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
struct TF_OpDefinitionBuilder;
struct TF_ShapeInferenceContext;

TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char* name, float*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction*, const char* name, int64_t*, TF_Status*);
void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction*, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
void TF_GetInput(TF_OpKernelContext*, int index, TF_Tensor**, TF_Status*);
void TF_SetOutput(TF_OpKernelContext*, int index, const TF_Tensor*, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int index, TF_DataType, const int64_t* dims, int rank, size_t bytes,
                             TF_Status*);

TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* name);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*,
                                                     void (*)(TF_ShapeInferenceContext*, TF_Status*));
void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
}

namespace hookdict {

struct Status {
  TF_Status* const status = TF_NewStatus();
  ~Status() { TF_DeleteStatus(status); }
  bool ok() const { return TF_GetCode(status) == TF_OK; }
  operator TF_Status*() const { return status; }
};

using Shape = std::vector<int64_t>;

/** A tensor that an operation is given, of float32 unless it says so, or one of float32 that it gives. */
class Tensor {
 public:
  explicit Tensor(TF_Tensor* tensor) : tensor_(tensor) { ReadShape(); }

  /** Input `index`. */
  Tensor(TF_OpKernelContext* context, int index, Status& status) {
    if (status.ok()) TF_GetInput(context, index, &tensor_, status);
    ReadShape();
  }

  /** Output `index`, to be written. */
  Tensor(TF_OpKernelContext* context, int index, const Shape& shape, Status& status) {
    size_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    if (status.ok()) tensor_ = TF_AllocateOutput(context, index, TF_FLOAT, shape.data(), shape.size(), bytes, status);
    ReadShape();
  }

  ~Tensor() {
    if (tensor_ != nullptr) TF_DeleteTensor(tensor_);
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  TF_Tensor* get() const { return tensor_; }
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  const int32_t* integers() const { return static_cast<const int32_t*>(TF_TensorData(tensor_)); }
  int64_t size() const { return size_; }
  const Shape& shape() const { return shape_; }
  int64_t rank() const { return shape_.size(); }
  int64_t dim(int64_t axis) const { return shape_[axis < 0 ? axis + rank() : axis]; }

 private:
  void ReadShape() {
    if (tensor_ == nullptr) return;
    for (int axis = 0; axis < TF_NumDims(tensor_); axis++) shape_.push_back(TF_Dim(tensor_, axis));
    for (const int64_t each : shape_) size_ *= each;
  }

  TF_Tensor* tensor_ = nullptr;
  Shape shape_;
  int64_t size_ = 1;
};

inline void Require(bool holds, const char* what, Status& status) {
  if (!holds && status.ok()) TF_SetStatus(status, TF_INVALID_ARGUMENT, what);
}

/** Sets output 0 to a tensor of another shape with the same memory. */
inline void SetView(TF_OpKernelContext* context, const Tensor& x, const Shape& shape, Status& status) {
  const Tensor view(TF_AllocateTensor(TF_FLOAT, nullptr, 0, sizeof(float)));
  TF_TensorBitcastFrom(x.get(), TF_FLOAT, view.get(), shape.data(), shape.size(), status);
  if (status.ok()) TF_SetOutput(context, 0, view.get(), status);
}

}  // namespace hookdict
