#include "doubles/snowflake/auth/jwt.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "doubles/snowflake/stage/client_encryption.h"

namespace dbstow::doubles::snowflake {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Times from here on are milliseconds: as seconds they would be in the year 5138.
constexpr int64_t kMilliseconds = 100000000000;

Error Refused(const char* why) {
  return Error(ErrorCode::kAuthenticationFailed, std::string("JWT token is invalid: ") + why);
}

Result<std::string> KeyDer(const std::string& text) {
  std::string base64;
  size_t from = 0;
  while (from < text.size()) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    from = end + 1;
    if (line.starts_with("-----")) continue;
    for (const char letter : line) {
      if (std::isspace(static_cast<unsigned char>(letter)) == 0) base64 += letter;
    }
  }
  return FromBase64(base64);
}

Result<Key> ReadKey(const std::string& public_key) {
  DBSTOW_ASSIGN(const std::string der, KeyDer(public_key));
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  Key key(d2i_PUBKEY(nullptr, &bytes, static_cast<long>(der.size())), &EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return Error(ErrorCode::kInvalidOptions, "not an RSA public key");
  }
  return key;
}

}  // namespace

Result<JwtClaims> DecodeJwt(const std::string& token) {
  const size_t first = token.find('.');
  const size_t second = first == std::string::npos ? first : token.find('.', first + 1);
  if (second == std::string::npos) return Refused("it has not three parts");
  JwtClaims claims;
  claims.signed_part = token.substr(0, second);
  const auto header_text = FromBase64(token.substr(0, first));
  const auto body_text = FromBase64(token.substr(first + 1, second - first - 1));
  const auto signature = FromBase64(token.substr(second + 1));
  if (!header_text || !body_text || !signature) return Refused("a part is not base64");
  const auto header = nlohmann::json::parse(*header_text, nullptr, false);
  const auto body = nlohmann::json::parse(*body_text, nullptr, false);
  if (!header.is_object() || !body.is_object()) return Refused("a part is not JSON");
  if (!header.contains("alg") || header["alg"] != "RS256")
    return Refused("it is not signed with RS256");
  for (const char* text : {"iss", "sub"}) {
    if (!body.contains(text) || !body[text].is_string()) return Refused("iss or sub is missing");
  }
  for (const char* number : {"iat", "exp"}) {
    if (!body.contains(number) || !body[number].is_number())
      return Refused("iat or exp is missing");
  }
  claims.issuer = body["iss"].get<std::string>();
  claims.subject = body["sub"].get<std::string>();
  claims.issued_seconds = static_cast<int64_t>(body["iat"].get<double>());
  claims.expires_seconds = static_cast<int64_t>(body["exp"].get<double>());
  claims.in_milliseconds = claims.expires_seconds > kMilliseconds;
  if (claims.in_milliseconds) {
    claims.issued_seconds /= 1000;
    claims.expires_seconds /= 1000;
  }
  claims.signature = *signature;
  return claims;
}

Result<void> VerifyJwt(const JwtClaims& claims, const std::string& public_key) {
  const auto key = ReadKey(public_key);
  if (!key) return Refused("the user has no usable public key");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->get()) == 1 &&
      EVP_DigestVerify(context.get(),
                       reinterpret_cast<const unsigned char*>(claims.signature.data()),
                       claims.signature.size(),
                       reinterpret_cast<const unsigned char*>(claims.signed_part.data()),
                       claims.signed_part.size()) == 1;
  if (!good) return Refused("the signature does not fit the user's key");
  return {};
}

Result<std::string> Fingerprint(const std::string& public_key) {
  DBSTOW_ASSIGN(const std::string der, KeyDer(public_key));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(der.data(), der.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return "SHA256:" + Base64(std::string(reinterpret_cast<const char*>(digest.data()), size));
}

}  // namespace dbstow::doubles::snowflake
