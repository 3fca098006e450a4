#include "secrets/env/env_secret_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace dbstow::secrets {
namespace {

using ::testing::HasSubstr;

TEST(EnvSecretProvider, ReadsTheVariableAsItIs) {
  const auto provider = CreateEnvSecretProvider(
      [](const std::string& name) { return std::optional<std::string>(name + "\n"); });
  EXPECT_EQ(provider->Fetch("PW", {}, {})->Reveal(), "PW\n");
}

TEST(EnvSecretProvider, AMissingOrEmptyVariableIsNotFound) {
  for (const std::optional<std::string>& value :
       {std::optional<std::string>(), std::optional<std::string>("")}) {
    const auto provider = CreateEnvSecretProvider([&](const std::string&) { return value; });
    const auto failed = provider->Fetch("PW", {}, {});
    EXPECT_EQ(failed.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(failed.error().hint(), HasSubstr("export PW="));
  }
}

TEST(EnvSecretProvider, TheRealEnvironmentIsTheDefault) {
  ASSERT_EQ(::setenv("DBSTOW_ENV_TEST", "value", 1), 0);
  EXPECT_EQ(CreateEnvSecretProvider()->Fetch("DBSTOW_ENV_TEST", {}, {})->Reveal(), "value");
}

}  // namespace
}  // namespace dbstow::secrets
