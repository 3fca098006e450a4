#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "io/file_system.h"
#include "support/fakes.h"

namespace dbstow::io {
namespace {

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, std::string_view text) {
    auto file = files_->Open(path, OpenMode::kCreateNew);
    ASSERT_TRUE(file) << file.error().ToString();
    ASSERT_TRUE((*file)->WriteAt(0, AsBytes(text)));
    ASSERT_TRUE((*file)->Sync());
  }
  test::ScratchFolder folder_;
  std::unique_ptr<FileSystem> files_ = CreatePosixFileSystem();
};

TEST_F(PosixFileSystemTest, ReadsBackWhatWasWrittenAndStopsAtTheEnd) {
  Write(folder_ / "a", "hello");
  auto file = files_->Open(folder_ / "a", OpenMode::kRead);
  ASSERT_TRUE(file);
  Bytes out(10);
  EXPECT_EQ(*(*file)->ReadAt(1, out), 4u);
  EXPECT_EQ(AsText(ByteView(out).first(4)), "ello");
  EXPECT_EQ(*(*file)->ReadAt(5, out), 0u);
  EXPECT_EQ(*(*file)->Size(), 5u);
}

TEST_F(PosixFileSystemTest, NewFilesArePrivateAndNeverReplaceOthers) {
  Write(folder_ / "a", "x");
  EXPECT_EQ(files_->Stat(folder_ / "a")->mode, 0600u);
  EXPECT_EQ(files_->Open(folder_ / "a", OpenMode::kCreateNew).error().code(),
            ErrorCode::kAlreadyExists);
}

TEST_F(PosixFileSystemTest, LinkRefusesToReplaceAndRenameReplaces) {
  Write(folder_ / "a", "a");
  Write(folder_ / "b", "bb");
  EXPECT_EQ(files_->Link(folder_ / "a", folder_ / "b").error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(files_->Rename(folder_ / "a", folder_ / "b"));
  EXPECT_EQ(files_->Stat(folder_ / "b")->size, 1u);
}

TEST_F(PosixFileSystemTest, CreatesParentsPrivatelyAndListsSorted) {
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "x/y/z"));
  ASSERT_TRUE(files_->CreateDirectories(folder_ / "x/y/z")) << "an existing one is success";
  const auto info = files_->Stat(folder_ / "x/y");
  ASSERT_TRUE(info) << info.error().ToString();
  EXPECT_EQ(info->mode & 0777u, 0700u) << "a set-group-id of the scratch folder is inherited";
  Write(folder_ / "x/b", "");
  Write(folder_ / "x/a", "");
  EXPECT_EQ(*files_->List(folder_ / "x"), (std::vector<std::string>{"a", "b", "y"}));
  ASSERT_TRUE(files_->SyncDirectory(folder_ / "x"));
}

TEST_F(PosixFileSystemTest, AFileInTheWayOfAFolderIsAnError) {
  Write(folder_ / "a", "");
  EXPECT_FALSE(files_->CreateDirectories(folder_ / "a"));
  EXPECT_FALSE(files_->CreateDirectories(folder_ / "a/b"));
}

TEST_F(PosixFileSystemTest, MissingThingsAreNotFound) {
  EXPECT_EQ(files_->Open(folder_ / "no", OpenMode::kRead).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Stat(folder_ / "no").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->List(folder_ / "no").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Remove(folder_ / "no").error().code(), ErrorCode::kNotFound);
}

TEST_F(PosixFileSystemTest, DescriptorsAreNotInheritedByChildren) {
  Write(folder_ / "a", "");
  auto file = files_->Open(folder_ / "a", OpenMode::kRead);
  ASSERT_TRUE(file);
  const std::string command = "ls -l /proc/self/fd | grep -q '" + (folder_ / "a") + "'";
  EXPECT_NE(std::system(command.c_str()), 0);
}

// /dev/full fails every write as a full disk does.
TEST_F(PosixFileSystemTest, AFullDiskIsOutOfSpaceWithThePathAndANextStep) {
  auto file = files_->Open("/dev/full", OpenMode::kReadWrite);
  ASSERT_TRUE(file);
  const auto written = (*file)->WriteAt(0, AsBytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kOutOfSpace);
  EXPECT_NE(written.error().message().find("/dev/full"), std::string::npos);
  EXPECT_FALSE(written.error().hint().empty());
  EXPECT_EQ(written.error().native()->code, std::to_string(ENOSPC));
}

TEST(ErrnoErrorTest, MapsWhatCallersDecideBy) {
  EXPECT_EQ(ErrnoError(EFBIG, "x", "p").code(), ErrorCode::kOutOfSpace);
  EXPECT_NE(ErrnoError(EFBIG, "x", "p").hint().find("ulimit -f"), std::string::npos);
  EXPECT_EQ(ErrnoError(EDQUOT, "x", "p").code(), ErrorCode::kOutOfSpace);
  EXPECT_EQ(ErrnoError(EACCES, "x", "p").code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(ErrnoError(EROFS, "x", "p").code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(ErrnoError(EIO, "x", "p").code(), ErrorCode::kIoError);
  EXPECT_EQ(ErrnoError(ESTALE, "x", "p").retry(), Retry::kTransient);
}

}  // namespace
}  // namespace dbstow::io
