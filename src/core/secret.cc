#include "dbstow/core/secret.h"

#include <algorithm>

namespace dbstow {

Result<SecretRef> SecretRef::Parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Error(ErrorCode::kInvalidOptions, "a secret reference has the form provider:key")
        .WithHint(
            "for example env:PGPASSWORD, file:/etc/dbstow/password or exec:/path/to/program; "
            "never the secret itself");
  }
  SecretRef ref{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  DBSTOW_TRY(ref.Validate());
  return ref;
}

Result<void> SecretRef::Validate() const {
  const bool provider_ok = !provider.empty() && std::ranges::all_of(provider, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!provider_ok || key.empty()) {
    return Error(ErrorCode::kInvalidOptions,
                 "a secret reference needs a provider (lower-case letters, digits, '-') and a key")
        .WithHint("for example env:PGPASSWORD");
  }
  if (key.find('\0') != std::string::npos) {
    return Error(ErrorCode::kInvalidOptions,
                 "the key of a secret reference must not hold a zero byte");
  }
  return {};
}

SecretString::SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) {
  // A moved-from short string keeps its bytes in place.
  other.Wipe();
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
  }
  return *this;
}

void SecretString::Wipe() noexcept {
  text_.resize(text_.capacity());
  // volatile keeps the compiler from dropping stores to memory that is about to be freed.
  volatile char* bytes = text_.data();
  for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = '\0';
  text_.clear();
}

}  // namespace dbstow
