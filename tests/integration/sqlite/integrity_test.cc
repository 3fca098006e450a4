#include <gmock/gmock.h>
#include <sqlite3.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "sqlite_lab.h"

namespace dbstow::test {
namespace {

constexpr int kPages = 6000;

/// While it lives, every read of a database that is opened meanwhile is counted; from the
/// hundredth on it asks for a stop, and each takes 5 ms.
class SlowReads {
 public:
  explicit SlowReads(std::stop_source& stop) {
    reads = 0;
    stop_source = &stop;
    real_open = sqlite3_vfs_find(nullptr)->xOpen;
    sqlite3_vfs_find(nullptr)->xOpen = &Open;
  }
  SlowReads(const SlowReads&) = delete;
  SlowReads& operator=(const SlowReads&) = delete;
  ~SlowReads() { sqlite3_vfs_find(nullptr)->xOpen = real_open; }

  [[nodiscard]] int count() const { return reads; }

 private:
  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    const int code = real_open(vfs, name, file, flags, out);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    real_read = file->pMethods->xRead;
    methods = *file->pMethods;
    methods.xRead = &Read;
    file->pMethods = &methods;
    return code;
  }

  static int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    if (++reads > 100) {
      stop_source->request_stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return real_read(file, out, size, offset);
  }

  static inline std::atomic<int> reads = 0;
  static inline std::stop_source* stop_source = nullptr;
  static inline decltype(sqlite3_vfs::xOpen) real_open = nullptr;
  static inline decltype(sqlite3_io_methods::xRead) real_read = nullptr;
  static inline sqlite3_io_methods methods{};
};

TEST(SqliteIntegrity, AStopEndsTheCheckOfALargeFileInItsMiddle) {
  for (const char* depth : {"quick", "full"}) {
    SqliteLab lab;
    ASSERT_OK(SqliteDatabase(lab.Path("large.db"))
                  .Execute("PRAGMA page_size=512; CREATE TABLE t(b);"
                           "INSERT INTO t VALUES(randomblob(512 * " +
                           std::to_string(kPages) + "))"));
    std::stop_source stop;
    lab.test.context.stop = stop.get_token();
    const auto instance = lab.Instance("large.db", {{"integrity", depth}});
    const SlowReads reads(stop);
    EXPECT_FAILS(kCancelled, instance->Refresh(lab.test.context, Look::kThorough));
    EXPECT_GT(reads.count(), 100);
    EXPECT_LT(reads.count(), kPages) << "read to the end";
    EXPECT_FALSE(instance->attributes().contains("integrity"))
        << "what was not read is not damaged";
  }
}

}  // namespace
}  // namespace dbstow::test
