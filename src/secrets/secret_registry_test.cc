#include "secrets/secret_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbstow::secrets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class EchoProvider final : public SecretProvider {
 public:
  Result<SecretString> Fetch(std::string_view key, Deadline, std::stop_token) override {
    return SecretString("secret of " + std::string(key));
  }
};

class SecretRegistryTest : public ::testing::Test {
 protected:
  SecretRegistryTest() {
    for (const char* name : {"env", "file", "exec"}) {
      EXPECT_TRUE(registry.Register(name, std::make_unique<EchoProvider>()));
    }
  }
  SecretRegistry registry;
};

TEST_F(SecretRegistryTest, ResolvesThroughTheNamedProvider) {
  EXPECT_THAT(registry.Names(), ElementsAre("env", "exec", "file"));
  const auto secret = registry.Resolve({"env", "PW:1"}, {}, {});
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->Reveal(), "secret of PW:1");
}

TEST_F(SecretRegistryTest, AnUnknownProviderNamesTheNearest) {
  const auto failed = registry.Resolve({"evn", "PW"}, {}, {});
  EXPECT_EQ(failed.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(failed.error().hint(), "did you mean 'env'?");
}

TEST_F(SecretRegistryTest, AProviderIsRegisteredOnce) {
  EXPECT_EQ(registry.Register("env", std::make_unique<EchoProvider>()).error().code(),
            ErrorCode::kAlreadyExists);
}

TEST_F(SecretRegistryTest, NothingIsFetchedAfterAStop) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(registry.Resolve({"env", "PW"}, {}, source.get_token()).error().code(),
            ErrorCode::kCancelled);
}

TEST_F(SecretRegistryTest, ALiteralPasswordIsRefusedWithTheWayToReferenceOne) {
  EXPECT_EQ(registry.ParseReference("secret", "env:PW")->ToString(), "env:PW");
  for (const std::string_view literal : {"hunter2", "hunter2:xyzzy", "", ":", "Hunter2:xyzzy"}) {
    const auto failed = registry.ParseReference("instances.shop.secret", literal);
    ASSERT_FALSE(failed) << literal;
    EXPECT_EQ(failed.error().code(), ErrorCode::kInvalidOptions);
    EXPECT_THAT(failed.error().message(), HasSubstr("instances.shop.secret"));
    EXPECT_THAT(failed.error().hint(), HasSubstr("env:NAME"));
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("unter2")));
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("xyzzy")));
  }
  EXPECT_THAT(registry.ParseReference("secret", "fiel:/etc/pw").error().hint(),
              HasSubstr("did you mean 'file'?"));
}

}  // namespace
}  // namespace dbstow::secrets
