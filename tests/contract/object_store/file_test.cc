#include "storage/file/file_object_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

#include "contract.h"
#include "io/system_random.h"
#include "support/forwarding_file_system.h"
#include "support/small_disk.h"

namespace dbstow::test {
namespace {

/// A file store with everything that it needs, in a folder that does not exist yet.
struct FileStoreHolder {
  ScratchFolder folder;
  std::unique_ptr<io::FileSystem> files = io::CreatePosixFileSystem();
  std::unique_ptr<Random> random = io::CreateSystemRandom();
  std::unique_ptr<storage::ObjectStore> store =
      storage::CreateFileObjectStore(*files, *random, folder / "made/on/demand");
};

std::shared_ptr<storage::ObjectStore> CreateFileStore() {
  auto holder = std::make_shared<FileStoreHolder>();
  return {holder, holder->store.get()};
}

void Age(const std::string& path) {
  const timespec times[2] = {{time(nullptr) - 7200, 0}, {time(nullptr) - 7200, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

void LeaveUnfinishedFile(storage::ObjectStore& store, const std::string& key, std::uint64_t bytes) {
  const std::filesystem::path path = *storage::FolderOfUri(store.Describe()) + "/" + key;
  std::filesystem::create_directories(path.parent_path());
  const std::string unfinished = path.parent_path() / ("~" + path.filename().string());
  std::ofstream(unfinished) << std::string(bytes, 'x');
  Age(unfinished);
}

INSTANTIATE_TEST_SUITE_P(File, ObjectStoreContract,
                         ::testing::Values(StoreKind{"file", CreateFileStore, LeaveUnfinishedFile}),
                         StoreKindName);

class FileObjectStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<storage::ObjectStore> StoreAt(const std::string& path) {
    return storage::CreateFileObjectStore(*files_, *random_, path);
  }
  std::vector<std::string> FilesIn(const std::string& path) { return *files_->List(path); }

  ScratchFolder folder_;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<Random> random_ = io::CreateSystemRandom();
};

TEST_F(FileObjectStoreTest, NothingIsCreatedBeforeTheFirstPut) {
  auto store = StoreAt(folder_ / "r");
  ASSERT_TRUE(store->List(""));
  ASSERT_TRUE(store->Delete("x"));
  EXPECT_TRUE(FilesIn(folder_.path()).empty());
}

TEST_F(FileObjectStoreTest, KeysCannotLeaveTheFolder) {
  auto store = StoreAt(folder_ / "r");
  for (const char* key : {"../x", "/etc/x", "a/../../x", "a//x", "~x", ""}) {
    EXPECT_EQ(store->Put(key, AsBytes("x")).error().code(), ErrorCode::kInvalidOptions) << key;
    EXPECT_EQ(store->Get(key).error().code(), ErrorCode::kInvalidOptions) << key;
    EXPECT_EQ(store->Delete(key).error().code(), ErrorCode::kInvalidOptions) << key;
  }
  EXPECT_TRUE(store->List("../")->empty());
  EXPECT_TRUE(FilesIn(folder_.path()).empty());
}

TEST_F(FileObjectStoreTest, ObjectsArePrivateAndLeaveNothingBesideThem) {
  auto store = StoreAt(folder_ / "r");
  ASSERT_TRUE(store->Put("p/x", AsBytes("x")));
  EXPECT_FALSE(store->Put("p/x", AsBytes("y")));
  EXPECT_EQ(FilesIn(folder_ / "r/p"), std::vector<std::string>{"x"});
  EXPECT_EQ(files_->Stat(folder_ / "r/p/x")->mode, 0600u);
}

TEST_F(FileObjectStoreTest, ForeignFilesAreNotObjects) {
  auto store = StoreAt(folder_.path());
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "lost+found"));
  ASSERT_TRUE(files_->Open(folder_ / "~unfinished", io::OpenMode::kCreateNew));
  EXPECT_TRUE(store->List("")->empty());
}

/// The real files, and which new names a power failure could still take away.
class FlushWatcher final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Result<void> CreateDirectories(const std::string& path) override {
    for (std::filesystem::path part = path; !Stat(part); part = part.parent_path()) {
      volatile_.insert(part);
    }
    return ForwardingFileSystem::CreateDirectories(path);
  }
  Result<void> Link(const std::string& from, const std::string& to) override {
    EXPECT_THAT(volatile_, testing::IsEmpty()) << "when " << to << " was named";
    volatile_.insert(to);
    return ForwardingFileSystem::Link(from, to);
  }
  Result<void> SyncDirectory(const std::string& path) override {
    ++syncs_;
    std::erase_if(volatile_, [&](const auto& each) { return each.parent_path() == path; });
    return ForwardingFileSystem::SyncDirectory(path);
  }

  [[nodiscard]] const std::set<std::filesystem::path>& unflushed() const { return volatile_; }
  [[nodiscard]] int syncs() const { return syncs_; }

 private:
  std::set<std::filesystem::path> volatile_;
  int syncs_ = 0;
};

/// One path cannot be looked at.
class BadInode final : public ForwardingFileSystem {
 public:
  BadInode(io::FileSystem& files, std::string path)
      : ForwardingFileSystem(files), path_(std::move(path)) {}
  Result<io::FileInfo> Stat(const std::string& path) override {
    if (path == path_) return io::ErrnoError(errno_, "cannot look at", path);
    return ForwardingFileSystem::Stat(path);
  }
  void FailWith(int error_number) { errno_ = error_number; }

 private:
  const std::string path_;
  int errno_ = EIO;
};

TEST_F(FileObjectStoreTest, AnObjectThatCannotBeLookedAtIsListedWithTheOthers) {
  auto whole = StoreAt(folder_.path());
  ASSERT_TRUE(whole->Put("p/good", AsBytes("good")));
  ASSERT_TRUE(whole->Put("p/bad", AsBytes("bad")));
  BadInode files(*files_, folder_ / "p/bad");
  const auto store = storage::CreateFileObjectStore(files, *random_, folder_.path());
  for (const int error_number : {EIO, EUCLEAN, EACCES}) {
    files.FailWith(error_number);
    const auto listed = store->List("p/");
    ASSERT_TRUE(listed) << listed.error().ToString();
    ASSERT_EQ(listed->size(), 2u);
    EXPECT_TRUE(store->FindDebris("p/"));
    for (const storage::ObjectInfo& each : *listed) {
      EXPECT_EQ(each.size, each.key == "p/bad" ? 0u : 4u);
    }
    EXPECT_EQ(store->List("p/g")->size(), 1u);
  }
  files.FailWith(ESTALE);
  EXPECT_EQ(store->List("p/").error().code(), ErrorCode::kUnavailable)
      << "it may be there again in a moment";
}

/// One folder cannot be listed.
class ClosedFolder final : public ForwardingFileSystem {
 public:
  ClosedFolder(io::FileSystem& files, std::string path)
      : ForwardingFileSystem(files), path_(std::move(path)) {}
  Result<std::vector<std::string>> List(const std::string& path) override {
    if (path == path_ + "/") return io::ErrnoError(EACCES, "cannot list", path);
    return ForwardingFileSystem::List(path);
  }

 private:
  const std::string path_;
};

TEST_F(FileObjectStoreTest, AFolderThatCannotBeLookedIntoIsListedAmongTheOthers) {
  auto whole = StoreAt(folder_.path());
  ASSERT_TRUE(whole->Put("keys/good", AsBytes("good")));
  ASSERT_TRUE(whole->Put("keys/closed/x", AsBytes("x")));
  ClosedFolder files(*files_, folder_ / "keys/closed");
  const auto store = storage::CreateFileObjectStore(files, *random_, folder_.path());
  const auto listed = store->List("keys/");
  ASSERT_TRUE(listed) << listed.error().ToString();
  ASSERT_EQ(listed->size(), 2u);
  for (const storage::ObjectInfo& each : *listed) {
    EXPECT_EQ(each.size, each.key == "keys/closed" ? 0u : 4u);
  }
  EXPECT_FALSE(store->Get("keys/closed"));
  EXPECT_EQ(store->List("keys/closed/").error().code(), ErrorCode::kPermissionDenied)
      << "nothing of what is asked for is known";
}

TEST_F(FileObjectStoreTest, DebrisOfKeysWithoutAFolderIsFoundAndRemovedAlone) {
  auto store = StoreAt(folder_.path());
  ASSERT_TRUE(store->Put("repo.json", AsBytes("x")));
  ASSERT_TRUE(store->Put("i/x", AsBytes("x")));
  for (const char* name : {"~old", "i/~old", "~young"}) {
    ASSERT_TRUE(files_->Open(folder_ / name, io::OpenMode::kCreateNew));
  }
  for (const char* name : {"~old", "i/~old"}) Age(folder_ / name);
  EXPECT_EQ(store->FindDebris("")->count, 1u);
  EXPECT_EQ(store->RemoveDebris("")->count, 1u);
  EXPECT_EQ(FilesIn(folder_.path()), (std::vector<std::string>{"i", "repo.json", "~young"}));
  EXPECT_EQ(FilesIn(folder_ / "i"), (std::vector<std::string>{"x", "~old"}));
}

TEST_F(FileObjectStoreTest, NothingIsBelowAFile) {
  auto store = StoreAt(folder_.path());
  ASSERT_TRUE(store->Put("i/.DS_Store", AsBytes("not ours")));
  const auto listed = store->List("i/.DS_Store/m/");
  ASSERT_TRUE(listed) << listed.error().ToString();
  EXPECT_TRUE(listed->empty());
  const auto debris = store->FindDebris("i/.DS_Store/");
  EXPECT_TRUE(debris) << debris.error().ToString();
}

TEST_F(FileObjectStoreTest, NewFoldersAreFlushedBeforeAnObjectIsNamedAndOnlyOnce) {
  FlushWatcher watcher(*files_);
  auto store = storage::CreateFileObjectStore(watcher, *random_, folder_ / "not/there/yet");
  for (const char* key : {"x", "i/a/m/1", "i/a/m/2", "i/a/packs/p/1", "i/b/m/1"}) {
    ASSERT_TRUE(store->Put(key, AsBytes("x")));
    EXPECT_THAT(watcher.unflushed(), testing::IsEmpty()) << key;
  }
  const int before = watcher.syncs();
  ASSERT_TRUE(store->Put("i/b/m/2", AsBytes("x")));
  EXPECT_EQ(watcher.syncs(), before + 1);
  std::filesystem::remove_all(folder_ / "not/there/yet/i");
  ASSERT_TRUE(store->Put("i/b/m/3", AsBytes("x")));
  EXPECT_THAT(watcher.unflushed(), testing::IsEmpty());
}

TEST_F(FileObjectStoreTest, OldDebrisIsRemovedAndYoungIsLeftAlone) {
  ASSERT_TRUE(files_->Open(folder_ / "~old", io::OpenMode::kCreateNew));
  ASSERT_TRUE(files_->Open(folder_ / "~young", io::OpenMode::kCreateNew));
  Age(folder_ / "~old");
  ASSERT_TRUE(StoreAt(folder_.path())->Put("x", AsBytes("x")));
  EXPECT_EQ(FilesIn(folder_.path()), (std::vector<std::string>{"x", "~young"}));
}

// Each finds a folder that has been empty for long, which the other one is about to remove.
TEST_F(FileObjectStoreTest, PutsBesideARemovalOfDebrisAllSucceed) {
  auto store = StoreAt(folder_.path());
  std::jthread remover([&](const std::stop_token& done) {
    while (!done.stop_requested()) EXPECT_TRUE(store->RemoveDebris("packs/"));
  });
  for (int session = 0; session < 200; ++session) {
    const std::string folder = "packs/" + std::to_string(session);
    ASSERT_TRUE(files_->CreateDirectories(folder_ / folder));
    const timespec times[2] = {{time(nullptr) - 7200, 0}, {time(nullptr) - 7200, 0}};
    // It may have gone already.
    static_cast<void>(utimensat(AT_FDCWD, (folder_ / folder).c_str(), times, 0));
    const auto put = store->Put(folder + "/x", AsBytes(folder));
    EXPECT_TRUE(put) << put.error().ToString();
  }
  remover.request_stop();
  remover.join();
  EXPECT_EQ(store->List("packs/")->size(), 200u);
}

TEST_F(FileObjectStoreTest, RemovedDebrisTakesItsEmptyFoldersAlongAndLeavesTheYoung) {
  auto store = StoreAt(folder_.path());
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "packs/dead"));
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "packs/live"));
  ASSERT_TRUE(files_->Open(folder_ / "packs/dead/~old", io::OpenMode::kCreateNew));
  ASSERT_TRUE(files_->Open(folder_ / "packs/live/~young", io::OpenMode::kCreateNew));
  Age(folder_ / "packs/dead/~old");
  for (const char* folder : {"packs/dead", "packs/live"}) Age(folder_ / folder);
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "packs/new"));
  EXPECT_EQ(store->FindDebris("packs/")->count, 1u);
  EXPECT_EQ(store->RemoveDebris("packs/")->count, 1u);
  EXPECT_EQ(FilesIn(folder_ / "packs"), (std::vector<std::string>{"live", "new"}));
  EXPECT_EQ(FilesIn(folder_ / "packs/live"), std::vector<std::string>{"~young"});
}

TEST_F(FileObjectStoreTest, AFullDiskIsOutOfSpaceAndLeavesNothing) {
  const auto disk = SmallDisk::Mount(1 << 20);
  if (disk == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
  auto store = StoreAt(disk->path() + "/r");
  ASSERT_TRUE(store->Put("p/small", AsBytes("small")));
  const auto put = store->Put("p/large", Bytes(4 << 20));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::kOutOfSpace) << put.error().ToString();
  EXPECT_NE(put.error().message().find(disk->path()), std::string::npos);
  EXPECT_FALSE(put.error().hint().empty());
  EXPECT_EQ(FilesIn(disk->path() + "/r/p"), std::vector<std::string>{"small"});
  EXPECT_TRUE(store->Put("p/after", Bytes(1 << 18))) << "the room was given back";
}

/// The contents that the object of this name must have.
Bytes ContentsOf(std::string_view key) {
  Bytes bytes(300'000 + key.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(key[i % key.size()] + i);
  return bytes;
}

/// A process that puts one object after the other, `p/<name>-<number>`, until it is killed, or
/// until nobody is left to tell.
class Putter {
 public:
  Putter(storage::ObjectStore& store, const std::string& name) {
    EXPECT_EQ(pipe(pipe_), 0);
    child_ = fork();
    if (child_ > 0) close(std::exchange(pipe_[1], -1));
    if (child_ != 0) return;
    close(pipe_[0]);
    for (int n = 0;; ++n) {
      const std::string key = "p/" + name + "-" + std::to_string(n);
      if (!store.Put(key, ContentsOf(key)) || write(pipe_[1], "x", 1) != 1) _exit(1);
    }
  }
  ~Putter() { close(pipe_[0]); }
  Putter(const Putter&) = delete;
  Putter& operator=(const Putter&) = delete;

  /// Waits until one more object is there.
  void Await() {
    char told = 0;
    EXPECT_EQ(read(pipe_[0], &told, 1), 1);
  }
  void Kill() {
    ASSERT_GT(child_, 0);
    kill(child_, SIGKILL);
    int status = 0;
    waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t child_ = -1;
};

TEST_F(FileObjectStoreTest, AKilledPutLeavesAWholeObjectOrNone) {
  auto store = StoreAt(folder_ / "r");
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(store->Put("p/measured", ContentsOf("p/measured")));
  const auto put_time = std::chrono::steady_clock::now() - begin;
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = std::to_string(round);
    Putter putter(*store, name);
    const std::size_t awaited = round % 3;
    for (std::size_t n = 0; n < awaited; ++n) putter.Await();
    // Then somewhere in the next one, however long that takes here.
    std::this_thread::sleep_for(put_time * round / kRounds);
    putter.Kill();

    const auto listed = store->List("p/" + name + "-");
    ASSERT_TRUE(listed);
    EXPECT_GE(listed->size(), awaited);
    for (const auto& object : *listed) {
      ASSERT_EQ(*store->Get(object.key), ContentsOf(object.key)) << object.key;
      ASSERT_TRUE(store->Delete(object.key));
    }
    const std::string again = "p/again-" + name;
    ASSERT_TRUE(store->Put(again, ContentsOf(again)));
  }
}

TEST(FolderOfUriTest, TakesAbsoluteFoldersOnly) {
  EXPECT_EQ(*storage::FolderOfUri("file:///srv/a%20b"), "/srv/a b");
  EXPECT_EQ(*storage::FolderOfUri("file://localhost/srv"), "/srv");
  for (const char* wrong : {"file://", "file:///", "file://srv/x", "file:///a?b", "s3://x", "/srv",
                            "file:///a%00b", "file:///a%zz"}) {
    EXPECT_EQ(storage::FolderOfUri(wrong).error().code(), ErrorCode::kInvalidOptions) << wrong;
  }
}

}  // namespace
}  // namespace dbstow::test
