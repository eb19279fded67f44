// Registers the operations with TensorFlow when Node loads this, so that they are run by name as any other.
#include <dlfcn.h>
#include <node_api.h>

#include <mutex>
#include <string>
#include <vector>

#include "gradients.h"
#include "layers.h"
#include "operations.h"
#include "products.h"
#include "tensorflow.h"

namespace hookdict {
namespace {

template <typename Kernel>
void* Create(TF_OpKernelConstruction* context) {
  Status status;
  auto* kernel = new Kernel(context, status);
  if (!status.ok()) TF_OpKernelConstruction_Failure(context, status);
  return kernel;
}

template <typename Kernel>
void Compute(void* kernel, TF_OpKernelContext* context) {
  Status status;
  static_cast<Kernel*>(kernel)->Compute(context, status);
  if (!status.ok()) TF_OpKernelContext_Failure(context, status);
}

template <typename Kernel>
void Delete(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

void UnknownShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

template <typename Kernel>
void Register(const char* name, const std::vector<const char*>& inputs, const std::vector<const char*>& outputs,
              const std::vector<const char*>& attributes, Status& status) {
  if (!status.ok()) return;
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, &UnknownShape);
  TF_RegisterOpDefinition(op, status);
  if (!status.ok()) return;
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", &Create<Kernel>, &Compute<Kernel>, &Delete<Kernel>);
  TF_RegisterKernelBuilder(name, builder, status);
}

// Node unloads a library when the last of its threads that loaded it ends. TensorFlow keeps what is registered, though.
void StayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&StayLoaded), &info) != 0) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

std::vector<const char*> Joined(std::vector<const char*> some, const std::vector<const char*>& others) {
  some.insert(some.end(), others.begin(), others.end());
  return some;
}

std::string RegisterAll() {
  StayLoaded();
  Status status;
  const std::vector<const char*> norm = {"scale: float", "normalized: float", "output: float"}, y = {"y: float"};
  const std::vector<const char*> shape = {"columns: int", "heads: int"};
  Register<LayerNorm>("HookdictLayerNorm", {"x: float", "gain: float", "bias: float"}, norm, {"epsilon: float"}, status);
  Register<RmsNorm>("HookdictRmsNorm", {"x: float", "gain: float"}, norm, {"epsilon: float"}, status);
  Register<Gelu>("HookdictGelu", {"x: float"}, y, {}, status);
  Register<Gated>("HookdictGated", {"gate: float", "up: float"}, y, {"kind: int"}, status);
  Register<Rotate>("HookdictRotate", {"x: float", "cos: float", "sin: float"}, y, {"adjacent: int"}, status);
  Register<Softmax>("HookdictSoftmax", {"x: float"}, y, {}, status);
  Register<ScaleAdd>("HookdictScaleAdd", {"x: float", "addend: float"}, y, {"scale: float", "heads: int"}, status);
  Register<FewScores>("HookdictFewScores", {"queries: float", "keys: float", "mask: float"}, y, {"scale: float"}, status);
  Register<FewValues>("HookdictFewValues", {"pattern: float", "values: float"}, y, {}, status);
  Register<FewLinear<true>>("HookdictFewLinear", {"x: float", "weight: float", "bias: float"}, y, shape, status);
  Register<FewLinear<false>>("HookdictFewProduct", {"x: float", "weight: float"}, y, shape, status);
  Register<FewTransposed>("HookdictFewTransposed", {"x: float", "matrix: float"}, y, {}, status);
  const std::vector<const char*> heads = {"heads: int", "key_heads: int", "biases: int >= 0"};
  Register<FewProjections>("HookdictFewProjections",
                           {"x: float", "wq: float", "wk: float", "wv: float", "added: biases * float"},
                           {"q: float", "k: float", "v: float"}, heads, status);
  const std::vector<const char*> steps = {"epsilon: float", "norms: int >= 1"};
  Register<FewNormProjections>(
      "HookdictFewNormProjections",
      {"x: float", "norm: norms * float", "wq: float", "wk: float", "wv: float", "added: biases * float"},
      {"scale: float", "normalized: float", "output: float", "q: float", "k: float", "v: float"}, Joined(heads, steps), status);
  Register<FewMlp>("HookdictFewMlp",
                   {"x: float", "y: float", "norm: norms * float", "hidden_weights: hidden * float", "out_weight: float",
                    "added: biases * float"},
                   {"mid: float", "scale: float", "normalized: float", "output: float", "pre: hidden * float", "post: float",
                    "out: float", "total: float"},
                   Joined({"kind: int", "hidden: int >= 1", "biases: int >= 0"}, steps), status);
  Register<FewAttend>("HookdictFewAttend",
                      {"queries: float", "key_store: float", "value_store: float", "at: int32", "keys: float",
                       "values: float", "mask: float", "weight: weights * float", "added: biases * float"},
                      {"z: float", "scores: float", "pattern: float", "out: weights * float"},
                      {"scale: float", "weights: int >= 0", "biases: int >= 0"}, status);
  Register<WriteColumns>("HookdictWriteColumns", {"store: float", "at: int32", "rows: float"}, y, {}, status);
  Register<Shaped<true>>("HookdictAddBias", {"x: float", "like: float", "bias: float"}, y, shape, status);
  Register<Shaped<false>>("HookdictShaped", {"x: float", "like: float"}, y, shape, status);
  Register<Rows>("HookdictRows", {"x: float"}, y, {"columns: int"}, status);
  Register<Add>("HookdictAdd", {"x: float", "y: float"}, {"sum: float"}, {}, status);
  Register<RowsAt>("HookdictRowsAt", {"table: float", "ids: int32"}, y, {}, status);
  Register<SwapAxes>("HookdictSwapAxes", {"x: float"}, y, {"heads: int", "groups: int"}, status);
  const std::vector<const char*> windows = {"height: int", "width: int", "down: int", "right: int", "top: int", "left: int"};
  Register<Step>("HookdictStep", {"x: float"}, y, {"alpha: float"}, status);
  Register<GeluGrad>("HookdictGeluGrad", {"dy: float", "x: float"}, {"dx: float"}, {}, status);
  Register<NormalizeGrad>("HookdictNormalizeGrad", {"dy: float", "x: float", "scale: float"},
                          {"dx: float", "dscale: float"}, {}, status);
  Register<DeviationGrad>("HookdictDeviationGrad", {"dscale: float", "x: float"}, {"dx: float"}, {"epsilon: float"},
                          status);
  Register<MaxPoolGrad>("HookdictMaxPoolGrad", {"dy: float", "x: float", "y: float"}, {"dx: float"}, windows, status);
  Register<Group>("HookdictGroup", {"x: float"}, y, {"groups: int"}, status);
  return status.ok() ? "" : TF_Message(status);
}

napi_value Init(napi_env env, napi_value exports) {
  // Once per process: every thread of Node loads the library anew.
  static std::once_flag once;
  static std::string failure;
  std::call_once(once, [] { failure = RegisterAll(); });
  if (!failure.empty()) napi_throw_error(env, nullptr, failure.c_str());
  return exports;
}

}  // namespace
}  // namespace hookdict

NAPI_MODULE(NODE_GYP_MODULE_NAME, hookdict::Init)
