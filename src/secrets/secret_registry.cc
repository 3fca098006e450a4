#include "secrets/secret_registry.h"

namespace dbstow::secrets {

Result<void> SecretRegistry::Register(std::string name, std::unique_ptr<SecretProvider> provider) {
  const auto [at, added] = by_name_.try_emplace(std::move(name), std::move(provider));
  if (added) return {};
  return Error(ErrorCode::kAlreadyExists,
               "the secret provider '" + at->first + "' is registered already");
}

Result<SecretRef> SecretRegistry::ParseReference(std::string_view setting,
                                                 std::string_view text) const {
  auto ref = SecretRef::Parse(text);
  if (ref && by_name_.contains(ref->provider)) return ref;
  std::string hint =
      "write where the secret is kept, not the secret: env:NAME, file:/path or "
      "exec:/path/to/program";
  // `evn:PGPASSWORD` is a typing error; `hunter2:x` is a password with a colon in it.
  if (ref) hint = UnknownProvider(ref->provider).hint() + "; " + hint;
  return Error(ErrorCode::kInvalidOptions,
               std::string(setting) + " is not a reference to a secret (provider:key)")
      .WithHint(std::move(hint));
}

Result<SecretString> SecretRegistry::Resolve(const SecretRef& ref, Deadline deadline,
                                             std::stop_token stop) {
  const auto found = by_name_.find(ref.provider);
  if (found == by_name_.end()) return UnknownProvider(ref.provider);
  if (stop.stop_requested()) {
    return Error(ErrorCode::kCancelled, "stopped on request before a secret was fetched");
  }
  return found->second->Fetch(ref.key, deadline, std::move(stop));
}

std::vector<std::string> SecretRegistry::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, provider] : by_name_) names.push_back(name);
  return names;
}

// The word itself is not shown: a password with a colon in it looks like an unknown provider.
Error SecretRegistry::UnknownProvider(std::string_view name) const {
  return Error(ErrorCode::kInvalidOptions, "a secret reference names an unknown provider")
      .WithHint(UnknownWord("secret provider", name, Names()).hint());
}

}  // namespace dbstow::secrets
