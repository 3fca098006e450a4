#include "doubles/snowflake/stage/client_encryption.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace dbstow::doubles::snowflake {
namespace {

constexpr size_t kKeyBytes = 16;

enum class Direction { kEncrypt, kDecrypt };

Result<std::string> Aes(const EVP_CIPHER* cipher, Direction direction, const std::string& key,
                        const std::string& iv, const std::string& input) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
  const auto* iv_bytes = iv.empty() ? nullptr : reinterpret_cast<const unsigned char*>(iv.data());
  std::string output(input.size() + 32, '\0');
  auto* out = reinterpret_cast<unsigned char*>(output.data());
  int written = 0;
  int tail = 0;
  const bool done = EVP_CipherInit_ex(context.get(), cipher, nullptr, key_bytes, iv_bytes,
                                      direction == Direction::kEncrypt ? 1 : 0) == 1 &&
                    EVP_CipherUpdate(context.get(), out, &written,
                                     reinterpret_cast<const unsigned char*>(input.data()),
                                     static_cast<int>(input.size())) == 1 &&
                    EVP_CipherFinal_ex(context.get(), out + written, &tail) == 1;
  if (!done) return Error(ErrorCode::kCorrupt, "the bytes were not encrypted with this key");
  output.resize(static_cast<size_t>(written + tail));
  return output;
}

const EVP_CIPHER* Cbc(size_t key_bytes) {
  return key_bytes == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
}
const EVP_CIPHER* Ecb(size_t key_bytes) {
  return key_bytes == 32 ? EVP_aes_256_ecb() : EVP_aes_128_ecb();
}

bool IsKey(const std::string& key) { return key.size() == 16 || key.size() == 32; }

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    std::abort();
  return bytes;
}

std::string Base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

Result<std::string> FromBase64(const std::string& raw) {
  // Also the URL form of JWTs: other letters, no padding.
  std::string text = raw;
  for (char& letter : text) {
    if (letter == '-') letter = '+';
    if (letter == '_') letter = '/';
  }
  while (!text.empty() && text.back() == '=') text.pop_back();
  const size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0 || padding == 3) return Error(ErrorCode::kInvalidOptions, "the text is not base64");
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

std::string MakeMasterKey() { return Base64(RandomBytes(kKeyBytes)); }

Result<StagedBytes> EncryptFile(const std::string& bytes, const std::string& master_key) {
  DBSTOW_ASSIGN(const std::string master, FromBase64(master_key));
  if (!IsKey(master)) return Error(ErrorCode::kInvalidOptions, "a master key has 16 or 32 bytes");
  const std::string key = RandomBytes(master.size());
  const std::string iv = RandomBytes(16);
  StagedBytes file;
  DBSTOW_ASSIGN(file.bytes, Aes(Cbc(key.size()), Direction::kEncrypt, key, iv, bytes));
  DBSTOW_ASSIGN(const std::string wrapped,
                Aes(Ecb(master.size()), Direction::kEncrypt, master, "", key));
  file.encryption = nlohmann::json({{"EncryptionMode", "FullBlob"},
                                    {"WrappedContentKey",
                                     {{"KeyId", "symmKey1"},
                                      {"EncryptedKey", Base64(wrapped)},
                                      {"Algorithm", "AES_CBC_256"}}},
                                    {"EncryptionAgent",
                                     {{"Protocol", "1.0"}, {"EncryptionAlgorithm", "AES_CBC_128"}}},
                                    {"ContentEncryptionIV", Base64(iv)},
                                    {"KeyWrappingMetadata", {{"EncryptionLibrary", "Java 5.3.0"}}}})
                        .dump();
  return file;
}

Result<std::string> DecryptFile(const std::string& bytes, const std::string& encryption_data,
                                const std::string& master_key) {
  const auto tree = nlohmann::json::parse(encryption_data, nullptr, false);
  const auto text = [](const nlohmann::json& from, const char* key) {
    return from.is_object() && from.contains(key) && from[key].is_string()
               ? from[key].get<std::string>()
               : "";
  };
  if (!tree.is_object() || !tree.contains("WrappedContentKey")) {
    return Error(ErrorCode::kCorrupt, "the file says nothing of how it was encrypted");
  }
  DBSTOW_ASSIGN(const std::string master, FromBase64(master_key));
  DBSTOW_ASSIGN(const std::string wrapped,
                FromBase64(text(tree["WrappedContentKey"], "EncryptedKey")));
  DBSTOW_ASSIGN(const std::string iv, FromBase64(text(tree, "ContentEncryptionIV")));
  if (!IsKey(master) || iv.size() != 16)
    return Error(ErrorCode::kCorrupt, "key or IV have a wrong size");
  DBSTOW_ASSIGN(const std::string key,
                Aes(Ecb(master.size()), Direction::kDecrypt, master, "", wrapped));
  if (!IsKey(key)) return Error(ErrorCode::kCorrupt, "the file's key has a wrong size");
  return Aes(Cbc(key.size()), Direction::kDecrypt, key, iv, bytes);
}

}  // namespace dbstow::doubles::snowflake
