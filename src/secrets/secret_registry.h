#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/ports.h"
#include "secrets/secret_provider.h"

namespace dbstow::secrets {

/// The providers a program knows, by the word before the colon of a reference (`env`). A value,
/// filled where the program is put together; not thread-safe while being filled, resolving is.
class SecretRegistry final : public SecretResolver {
 public:
  /// Errors: AlreadyExists for a name registered twice.
  [[nodiscard]] Result<void> Register(std::string name, std::unique_ptr<SecretProvider> provider);

  /// Reads a reference from a configuration. What is not one is taken for a literal password:
  /// InvalidOptions that says how to reference one and never shows the text. `setting` is the full
  /// name of the setting, for the message.
  [[nodiscard]] Result<SecretRef> ParseReference(std::string_view setting,
                                                 std::string_view text) const;

  Result<SecretString> Resolve(const SecretRef& ref, Deadline deadline,
                               std::stop_token stop) override;
  [[nodiscard]] std::vector<std::string> Names() const;

 private:
  [[nodiscard]] Error UnknownProvider(std::string_view name) const;

  std::map<std::string, std::unique_ptr<SecretProvider>, std::less<>> by_name_;
};

}  // namespace dbstow::secrets
