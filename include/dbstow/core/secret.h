#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow {

/// Where a secret can be had, never the secret: `env:PGPASS`, `file:/etc/dbstow/pw`, `vault:kv/db`.
struct SecretRef {
  std::string provider;
  std::string key;

  /// Reads `provider:key`. Errors: InvalidOptions (the text is never echoed: it may be a password).
  [[nodiscard]] static Result<SecretRef> Parse(std::string_view text);
  [[nodiscard]] std::string ToString() const { return provider + ":" + key; }
  [[nodiscard]] Result<void> Validate() const;
  [[nodiscard]] bool empty() const { return provider.empty() && key.empty(); }
  friend auto operator<=>(const SecretRef&, const SecretRef&) = default;
};

/// A resolved secret. Move-only, wiped when it goes, impossible to print by accident: the one way
/// to the text is `Reveal()`, which can be searched for.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string text) : text_(std::move(text)) {}
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(SecretString&& other) noexcept;
  SecretString(const SecretString&) = delete;
  SecretString& operator=(const SecretString&) = delete;
  ~SecretString() { Wipe(); }

  [[nodiscard]] const std::string& Reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] SecretString Clone() const { return SecretString(text_); }

 private:
  void Wipe() noexcept;
  std::string text_;
};

}  // namespace dbstow
