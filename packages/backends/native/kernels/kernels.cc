// Registers the operations with TensorFlow when Node loads this, so that they are run by name as any other.
#include <dlfcn.h>
#include <node_api.h>

#include <mutex>
#include <string>
#include <vector>

#include "operations.h"
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

std::string RegisterAll() {
  StayLoaded();
  Status status;
  Register<LayerNorm>("HookdictLayerNorm", {"x: float", "gain: float", "bias: float"},
                      {"scale: float", "normalized: float", "output: float"}, {"epsilon: float"}, status);
  Register<Gelu>("HookdictGelu", {"x: float"}, {"y: float"}, {}, status);
  Register<Softmax>("HookdictSoftmax", {"x: float"}, {"y: float"}, {}, status);
  Register<ScaleAdd>("HookdictScaleAdd", {"x: float", "addend: float"}, {"y: float"}, {"scale: float"}, status);
  Register<AddBias>("HookdictAddBias", {"x: float", "bias: float", "like: float"}, {"y: float"},
                    {"columns: int", "heads: int"}, status);
  Register<Rows>("HookdictRows", {"x: float"}, {"y: float"}, {"columns: int"}, status);
  Register<Add>("HookdictAdd", {"x: float", "y: float"}, {"sum: float"}, {}, status);
  Register<SwapAxes>("HookdictSwapAxes", {"x: float"}, {"y: float"}, {}, status);
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
