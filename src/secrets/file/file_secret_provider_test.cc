#include "secrets/file/file_secret_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/fakes.h"

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

TEST_F(FileSecretProviderTest, RefusesAFileOfAnotherUser) {
  Write("hunter2", 0600);
  // Root's files are trusted by everybody, so it must not be root's.
  if (CurrentUser() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
  }
  const auto stranger = CreateFileSecretProvider(*files, 54321);
  const auto failed = stranger->Fetch(path, {}, {});
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
