#include "doubles/sqlserver/media/s3_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return ToLower(HexUpper({reinterpret_cast<const char*>(digest.data()), size}));
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

void SignS3(HttpRequest& request, const S3Key& key, const std::string& now) {
  const std::string day = now.substr(0, 8);
  const std::string scope = day + "/" + key.region + "/s3/aws4_request";
  const std::string hash = Sha256Hex(request.body);
  request.headers["x-amz-date"] = now;
  request.headers["x-amz-content-sha256"] = hash;
  static constexpr std::string_view kSigned = "host;x-amz-content-sha256;x-amz-date";
  const std::string canonical = request.method + "\n" + UrlEncode(request.path, "/") + "\n" +
                                EncodeQuery(request.query) + "\nhost:" + request.host + ":" +
                                std::to_string(request.port) + "\nx-amz-content-sha256:" + hash +
                                "\nx-amz-date:" + now + "\n\n" + std::string(kSigned) + "\n" + hash;
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + now + "\n" + scope + "\n" + Sha256Hex(canonical);
  const std::string signing_key =
      Hmac(Hmac(Hmac(Hmac("AWS4" + key.secret, day), key.region), "s3"), "aws4_request");
  request.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=" + key.id + "/" + scope +
                                     ", SignedHeaders=" + std::string(kSigned) +
                                     ", Signature=" + ToLower(HexUpper(Hmac(signing_key, to_sign)));
}

}  // namespace dbstow::doubles::sqlserver
