#include "doubles/mongodb/auth/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kHashBytes = 32;

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Hmac(std::string_view key, std::string_view message) {
  std::string out(kHashBytes, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Raw(message), message.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr) {
    std::abort();
  }
  return out;
}

std::string Sha256(std::string_view message) {
  std::string out(kHashBytes, '\0');
  unsigned size = 0;
  if (EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(out.data()),
                 &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return out;
}

Error Failed() { return CommandFailure(kAuthenticationFailed, "Authentication failed."); }

/// The value of attribute `name` in "a=…,b=…".
std::optional<std::string_view> Attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const std::size_t comma = message.find(',');
    const std::string_view part = message.substr(0, comma);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    if (comma == std::string_view::npos) break;
    message.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

/// "=2C" and "=3D" stand for "," and "=" in names.
std::string DecodeName(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 3) == "=2C") {
      out.push_back(',');
      i += 2;
    } else if (name.substr(i, 3) == "=3D") {
      out.push_back('=');
      i += 2;
    } else {
      out.push_back(name[i]);
    }
  }
  return out;
}

}  // namespace

ScramCredential MakeScramCredential(std::string_view password, std::string salt, int iterations) {
  std::string salted(kHashBytes, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), Raw(salt),
                        static_cast<int>(salt.size()), iterations, EVP_sha256(),
                        static_cast<int>(kHashBytes),
                        reinterpret_cast<unsigned char*>(salted.data())) != 1) {
    std::abort();
  }
  ScramCredential credential;
  credential.iterations = iterations;
  credential.stored_key = Sha256(Hmac(salted, "Client Key"));
  credential.server_key = Hmac(salted, "Server Key");
  credential.salt = std::move(salt);
  return credential;
}

Result<std::string> ScramServer::ReadFirst(std::string_view message) {
  // No channel binding: "n,," or "y,,", with an authorisation name that is not used.
  if (message.size() < 3 || (message[0] != 'n' && message[0] != 'y') || message[1] != ',') {
    return Failed();
  }
  const std::size_t header_end = message.find(',', 2);
  if (header_end == std::string_view::npos) return Failed();
  client_first_bare_ = message.substr(header_end + 1);
  const auto name = Attribute(client_first_bare_, 'n');
  const auto nonce = Attribute(client_first_bare_, 'r');
  if (!name || !nonce || nonce->empty()) return Failed();
  client_nonce_ = *nonce;
  return DecodeName(*name);
}

std::string ScramServer::Challenge(const std::optional<ScramCredential>& credential,
                                   std::string_view server_nonce) {
  credential_ = credential;
  const ScramCredential shown =
      credential ? *credential : ScramCredential{15000, std::string(28, 's'), "", ""};
  nonce_ = client_nonce_ + std::string(server_nonce);
  server_first_ =
      "r=" + nonce_ + ",s=" + Base64(shown.salt) + ",i=" + std::to_string(shown.iterations);
  return server_first_;
}

Result<std::string> ScramServer::ReadFinal(std::string_view message) const {
  const auto binding = Attribute(message, 'c');
  const auto nonce = Attribute(message, 'r');
  const auto proof_text = Attribute(message, 'p');
  const std::size_t proof_at = message.rfind(",p=");
  if (!credential_ || !binding || !nonce || !proof_text || *nonce != nonce_ ||
      proof_at == std::string_view::npos) {
    return Failed();
  }
  DBSTOW_ASSIGN(const std::string proof, FromBase64(*proof_text));
  if (proof.size() != kHashBytes) return Failed();
  const std::string authentication =
      client_first_bare_ + "," + server_first_ + "," + std::string(message.substr(0, proof_at));
  std::string client_key = Hmac(credential_->stored_key, authentication);
  for (std::size_t i = 0; i < kHashBytes; ++i) {
    client_key[i] = static_cast<char>(client_key[i] ^ proof[i]);
  }
  const std::string key = Sha256(client_key);
  if (CRYPTO_memcmp(key.data(), credential_->stored_key.data(), kHashBytes) != 0) return Failed();
  return "v=" + Base64(Hmac(credential_->server_key, authentication));
}

std::string Base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), Raw(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return Failed();
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), Raw(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return Failed();
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace dbstow::doubles::mongodb
