#include "support/postgres_scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <cstdlib>

namespace dbstow::test {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string Base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size))));
  return text;
}

Digest Hmac(const Digest& key, std::string_view message) {
  Digest digest{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
           nullptr) == nullptr) {
    std::abort();
  }
  return digest;
}

}  // namespace

std::string CheapScramSecret(std::string_view password) {
  constexpr int kIterations = 1;
  // What is hidden here is a test's password.
  constexpr std::array<unsigned char, 16> kSalt{'n', 'o', 's', 'a', 'l', 't'};
  Digest salted{};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), kSalt.data(),
                        static_cast<int>(kSalt.size()), kIterations, EVP_sha256(),
                        static_cast<int>(salted.size()), salted.data()) != 1) {
    std::abort();
  }
  const Digest client_key = Hmac(salted, "Client Key");
  const Digest server_key = Hmac(salted, "Server Key");
  Digest stored_key{};
  SHA256(client_key.data(), client_key.size(), stored_key.data());
  return "SCRAM-SHA-256$" + std::to_string(kIterations) + ":" + Base64(kSalt.data(), kSalt.size()) +
         "$" + Base64(stored_key.data(), stored_key.size()) + ":" +
         Base64(server_key.data(), server_key.size());
}

}  // namespace dbstow::test
