// Turns standard error off while TensorFlow loads: it writes there before any of its own settings is read.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <mutex>

namespace {

// Every thread of Node may load TensorFlow.
std::mutex mutex;
int muters = 0;
int saved = -1;

napi_value Mute(napi_env, napi_callback_info) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (muters++ > 0) return nullptr;
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere < 0) return nullptr;
  saved = dup(STDERR_FILENO);
  if (saved >= 0) dup2(nowhere, STDERR_FILENO);
  close(nowhere);
  return nullptr;
}

napi_value Unmute(napi_env, napi_callback_info) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--muters > 0 || saved < 0) return nullptr;
  dup2(saved, STDERR_FILENO);
  close(saved);
  saved = -1;
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"mute", nullptr, Mute, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"unmute", nullptr, Unmute, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 2, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
