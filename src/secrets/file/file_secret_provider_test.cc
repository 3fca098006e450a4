#include "secrets/file/file_secret_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/fakes.h"
#include "support/forwarding_file_system.h"

namespace dbstow::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FileSecretProviderTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  Error Refused(const std::string& key) {
    auto secret = provider->Fetch(key, {}, {});
    if (secret) return Error(ErrorCode::kInternal, "it was not refused");
    EXPECT_THAT(secret.error().ToString(), Not(HasSubstr("hunter2")));
    return secret.error();
  }

  test::ScratchFolder folder;
  std::string path = folder / "password";
  std::unique_ptr<io::FileSystem> files = io::CreatePosixFileSystem();
  std::unique_ptr<SecretProvider> provider = CreateFileSecretProvider(*files, CurrentUser());
};

TEST_F(FileSecretProviderTest, ReadsWithoutOneTrailingNewline) {
  for (const std::string text : {"hunter2", "hunter2\n", "hunter2\r\n"}) {
    EXPECT_EQ(provider->Fetch(Write(text, 0600), {}, {})->Reveal(), "hunter2");
  }
  EXPECT_EQ(provider->Fetch(Write("hunter2\n\n", 0400), {}, {})->Reveal(), "hunter2\n");
}

TEST_F(FileSecretProviderTest, RefusesWhatOthersMayReadOrWrite) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0601, 0644}) {
    const Error error = Refused(Write("hunter2", mode));
    EXPECT_EQ(error.code(), ErrorCode::kPermissionDenied) << mode;
    EXPECT_EQ(error.hint(), "chmod 600 " + path);
  }
}

/// All files belong to one user. Who runs the test may have no right to give one away.
class OwnedFiles final : public test::ForwardingFileSystem {
 public:
  OwnedFiles(io::FileSystem& files, std::uint32_t owner)
      : ForwardingFileSystem(files), owner_(owner) {}
  Result<io::FileInfo> Stat(const std::string& path) override {
    DBSTOW_ASSIGN(io::FileInfo info, ForwardingFileSystem::Stat(path));
    info.owner = owner_;
    return info;
  }

 private:
  std::uint32_t owner_;
};

TEST_F(FileSecretProviderTest, RefusesAFileOfAnotherUserThanOursOrRoot) {
  Write("hunter2", 0600);
  for (const std::uint32_t trusted : {54321u, 0u}) {
    OwnedFiles owned(*files, trusted);
    EXPECT_TRUE(CreateFileSecretProvider(owned, 54321)->Fetch(path, {}, {})) << trusted;
  }
  OwnedFiles owned(*files, 12345);
  const auto failed = CreateFileSecretProvider(owned, 54321)->Fetch(path, {}, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(failed.error().message(), HasSubstr("another user"));
}

TEST_F(FileSecretProviderTest, RefusesWhatIsNotASecret) {
  EXPECT_EQ(Refused(folder / "missing").code(), ErrorCode::kNotFound);
  EXPECT_EQ(Refused(folder.path()).code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(Refused("relative/path").code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(Refused(Write("\n", 0600)).code(), ErrorCode::kNotFound);
  EXPECT_EQ(Refused(Write(std::string(kMaxSecretBytes + 1, 'x'), 0600)).code(),
            ErrorCode::kInvalidOptions);
}

TEST_F(FileSecretProviderTest, SaysWhatHelpsWhereNoFileIs) {
  EXPECT_THAT(Refused("/dev/zero").hint(), HasSubstr("exec:"));
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(Refused(folder / "fifo").hint(), HasSubstr("exec:"));
  EXPECT_THAT(Refused(folder / "missing").hint(), HasSubstr("path"));
}

}  // namespace
}  // namespace dbstow::secrets
