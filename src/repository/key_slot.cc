#include "repository/key_slot.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/hash.h"

namespace dbstow::repository {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kNameDigits = 16;
constexpr std::uint64_t kNonce = 0;  // the key is fresh for every salt

Result<io::Key256> WrappingKey(const SecretString& passphrase, ByteView salt,
                               const io::KdfCost& cost) {
  DBSTOW_ASSIGN(const Bytes derived, io::DerivePassphraseKey(passphrase, salt, cost));
  io::Key256 key;
  std::ranges::copy(derived, key.begin());
  return key;
}

Result<KeySlot> Interpret(const nlohmann::json& file) {
  if (file.at("kind").get<std::string>() != "passphrase" || file.at("kdf") != "argon2id") {
    return Error(ErrorCode::kUnsupportedCapability,
                 "a key slot is of a kind that this version of dbstow does not know");
  }
  KeySlot slot;
  slot.label = file.at("label").get<std::string>();
  slot.cost.memory_kib = file.at("memory_kib").get<std::uint32_t>();
  slot.cost.passes = file.at("passes").get<std::uint32_t>();
  slot.cost.lanes = file.at("lanes").get<std::uint32_t>();
  DBSTOW_ASSIGN(slot.salt, io::FromHex(file.at("salt").get<std::string>()));
  DBSTOW_ASSIGN(slot.sealed, io::FromHex(file.at("sealed").get<std::string>()));
  DBSTOW_TRY(io::CheckKdfCost(slot.cost));
  if (slot.salt.size() < io::kLeastKdfSalt) {
    return Error(ErrorCode::kCorrupt,
                 "its salt has " + std::to_string(slot.salt.size()) + " bytes");
  }
  return slot;
}

// Whatever a slot holds that dbstow would not have written is damage of that slot, nobody's
// options.
Result<KeySlot> OrDamaged(Result<KeySlot> slot, std::string_view name) {
  if (slot || slot.error().code() == ErrorCode::kUnsupportedCapability) return slot;
  return Error(ErrorCode::kCorrupt,
               "key slot " + std::string(name) + " is damaged: " + slot.error().message());
}

}  // namespace

std::string KeySlot::Associated() const {
  return "dbstow key slot v1\n" + label + "\n" + std::to_string(cost.memory_kib) + " " +
         std::to_string(cost.passes) + " " + std::to_string(cost.lanes) + " " + io::ToHex(salt);
}

Result<KeySlot> KeySlot::Seal(const Keyring& keyring, const SecretString& passphrase,
                              const Options& options, Random& random) {
  if (passphrase.empty()) {
    return Error(ErrorCode::kInvalidOptions, "the passphrase of a repository must not be empty");
  }
  KeySlot slot;
  slot.label = options.label;
  slot.cost = options.cost;
  slot.salt.resize(kSaltSize);
  random.Fill(slot.salt);
  DBSTOW_ASSIGN(const io::Key256 key, WrappingKey(passphrase, slot.salt, slot.cost));
  const Bytes plain = keyring.Encode();
  slot.sealed.resize(plain.size() + io::Aead::kTagBytes);
  io::Aead(key).Seal(kNonce, AsBytes(slot.Associated()), plain, slot.sealed);
  return slot;
}

std::size_t KeySlot::SealedSize(const Keyring& keyring) {
  return keyring.Encode().size() + io::Aead::kTagBytes;
}

std::string KeySlot::Encode() const {
  const nlohmann::json file = {
      {"format", 1},         {"kind", "passphrase"},          {"kdf", "argon2id"},
      {"label", label},      {"memory_kib", cost.memory_kib}, {"passes", cost.passes},
      {"lanes", cost.lanes}, {"salt", io::ToHex(salt)},       {"sealed", io::ToHex(sealed)}};
  return file.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string KeySlot::NameOf(std::string_view text) {
  return io::ToHex(io::Sha256::Of(AsBytes(text))).substr(0, kNameDigits);
}

Result<KeySlot> KeySlot::Decode(std::string_view text, std::string_view name) {
  const Error damaged(ErrorCode::kCorrupt, "key slot " + std::string(name) + " is damaged");
  if (NameOf(text) != name) return damaged;
  try {
    return OrDamaged(Interpret(nlohmann::json::parse(text)), name);
  } catch (const nlohmann::json::exception&) {
    return damaged;
  }
}

Result<Keyring> KeySlot::Unseal(const SecretString& passphrase) const {
  DBSTOW_ASSIGN(const io::Key256 key, WrappingKey(passphrase, salt, cost));
  const Error wrong(ErrorCode::kWrongKey, "the passphrase does not open this key slot");
  if (sealed.size() < io::Aead::kTagBytes) return wrong;
  Bytes plain(sealed.size() - io::Aead::kTagBytes);
  if (!io::Aead(key).Open(kNonce, AsBytes(Associated()), sealed, plain)) return wrong;
  return Keyring::Decode(plain);
}

}  // namespace dbstow::repository
