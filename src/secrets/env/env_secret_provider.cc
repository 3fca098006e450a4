#include "secrets/env/env_secret_provider.h"

#include <cstdlib>

namespace dbstow::secrets {
namespace {

class EnvSecretProvider final : public SecretProvider {
 public:
  explicit EnvSecretProvider(EnvironmentLookup lookup) : lookup_(std::move(lookup)) {}

  Result<SecretString> Fetch(std::string_view key, Deadline, std::stop_token) override {
    const std::string name(key);
    std::optional<std::string> value = lookup_(name);
    if (!value || value->empty()) {
      return Error(ErrorCode::kNotFound,
                   "the environment variable " + name + " is " + (value ? "empty" : "not set"))
          .WithHint("export " + name + "=… in the environment of dbstow");
    }
    return SecretString(*std::move(value));
  }

 private:
  EnvironmentLookup lookup_;
};

}  // namespace

EnvironmentLookup ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

EnvironmentLookup WithheldEnvironment(io::ProcessRunner& processes) {
  return [&processes](const std::string& name) {
    processes.Withhold(name);
    return ProcessEnvironment()(name);
  };
}

std::unique_ptr<SecretProvider> CreateEnvSecretProvider(EnvironmentLookup lookup) {
  return std::make_unique<EnvSecretProvider>(std::move(lookup));
}

}  // namespace dbstow::secrets
