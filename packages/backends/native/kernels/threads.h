// Work on a tensor, divided among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

namespace hookdict {

/**
 * Threads that wait for work. TensorFlow's own are out of reach of its C interface; OpenMP's keep a core busy while they
 * wait, which TensorFlow's need.
 */
class Threads {
 public:
  static Threads& All() {
    static auto* const all = new Threads(Count());  // never deleted: its threads run until the process ends
    return *all;
  }

  /** Calls `work(from, to)` for parts of `count` until all are done, on this thread and on those that wake up in time. */
  template <typename Work>
  void Run(int64_t count, int64_t part, const Work& work) {
    const std::unique_lock<std::mutex> one(one_, std::try_to_lock);  // another thread of Node may be at it
    if (others_ == 0 || count <= part || !one.owns_lock()) return work(0, count);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      call_ = [](const void* work, int64_t from, int64_t to) { (*static_cast<const Work*>(work))(from, to); };
      work_ = &work;
      count_ = count;
      part_ = part;
      next_ = 0;
      round_++;
      open_ = true;
    }
    wake_.notify_all();
    TakeParts();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      open_ = false;
    }
    while (busy_.load(std::memory_order_acquire) > 0) std::this_thread::yield();  // for the rest of a part at most
  }

 private:
  explicit Threads(int64_t count) {
    try {
      for (; others_ < count - 1; others_++) std::thread([this] { Wait(); }).detach();
    } catch (const std::system_error&) {
      // The system allows no more: those that there are will do.
    }
  }

  /** As many as TensorFlow takes for an operation; more than eight would wait for memory. */
  static int64_t Count() {
    const char* given = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int64_t asked = given == nullptr ? 0 : std::atoll(given);
    const int64_t cores = std::max<int64_t>(std::thread::hardware_concurrency(), 1);
    return std::min<int64_t>(asked > 0 ? asked : cores, 8);
  }

  static constexpr int kLooks = 1000;  // some 20 µs: TensorFlow's threads need the core

  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }

  void Wait() {
    for (uint64_t seen = 0;;) {
      // The next operation of a step of generation mostly comes at once, and to be woken takes longer than its small ones.
      for (int i = 0; i < kLooks && round_.load(std::memory_order_relaxed) == seen; i++) Pause();
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
        if (!open_) continue;
        busy_++;
      }
      TakeParts();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  void TakeParts() {
    for (int64_t from; (from = next_.fetch_add(part_)) < count_;)
      call_(work_, from, std::min(from + part_, count_));
  }

  int64_t others_ = 0;  // threads that wait for work
  std::mutex one_;      // held by who has work
  std::mutex mutex_;    // guards round_ and open_
  std::condition_variable wake_;
  std::atomic<uint64_t> round_{0};
  bool open_ = false;
  // Written while no thread is busy.
  void (*call_)(const void*, int64_t, int64_t) = nullptr;
  const void* work_ = nullptr;
  int64_t count_ = 0, part_ = 1;
  std::atomic<int64_t> next_{0}, busy_{0};
};

constexpr int64_t kPart = 1 << 14;  // elements that a thread takes at a time: some 10 µs

/** Calls `work(from, n)` for parts of `size` elements. */
template <typename Work>
void ForParts(int64_t size, const Work& work) {
  Threads::All().Run(size, kPart, [&](int64_t from, int64_t to) { work(from, to - from); });
}

/** Calls `work(row)` for each row of `n` elements. */
template <typename Work>
void ForRows(int64_t rows, int64_t n, const Work& work) {
  Threads::All().Run(rows, std::max<int64_t>(kPart / std::max<int64_t>(n, 1), 1), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) work(row);
  });
}

/** How many rows of `n` elements there are. */
inline int64_t Count(int64_t size, int64_t n) { return n == 0 ? 0 : size / n; }

}  // namespace hookdict
