#include "doubles/sqlserver/media/payload.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "doubles/sqlserver/model/database_fields.h"

namespace dbstow::doubles::sqlserver {

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, RowImage>
void Fields(Archive& archive, T& row) {
  archive("id", row.id);
  archive("lsn", row.lsn);
  archive("image", row.image);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, TableImage>
void Fields(Archive& archive, T& table) {
  archive("table", table.table);
  archive("rows", table.rows);
  archive("alive", table.alive);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, LogRecord>
void Fields(Archive& archive, T& record) {
  archive("lsn", record.lsn);
  archive("tx", record.transaction);
  archive("op", record.op);
  archive("object", record.object);
  archive("row", record.row);
  archive("before", record.before);
  archive("after", record.after);
  archive("time", record.time);
  archive("name", record.name);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Payload>
void Fields(Archive& archive, T& payload) {
  archive("database", payload.database);
  archive("image_lsn", payload.image_lsn);
  archive("tables", payload.tables);
  archive("log", payload.log);
}

namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kLargest = std::size_t{1} << 28;

// Counter mode: the same both ways.
std::string Crypt(std::string_view bytes, const std::string& key) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  const std::array<unsigned char, 16> counter{};
  EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, digest.data(), counter.data());
  std::string out(bytes.size(), '\0');
  int size = 0;
  EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                    reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  return out;
}

std::string Compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

std::optional<std::string> Decompress(std::string_view bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > kLargest) return std::nullopt;  // also what stands for "unknown" and "broken"
  std::string out(size, '\0');
  const std::size_t done = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(done) != 0 || done != size) return std::nullopt;
  return out;
}

}  // namespace

std::string EncodePayload(const Payload& payload, const PayloadForm& form) {
  std::string bytes;
  nlohmann::json::to_cbor(JsonWriter::Encode(payload), bytes);
  if (form.compressed) bytes = Compress(bytes);
  return form.key.empty() ? bytes : Crypt(bytes, form.key);
}

std::optional<Payload> DecodePayload(std::string_view bytes, const PayloadForm& form) {
  std::string plain = form.key.empty() ? std::string(bytes) : Crypt(bytes, form.key);
  if (form.compressed) {
    std::optional<std::string> whole = Decompress(plain);
    if (!whole) return std::nullopt;
    plain = std::move(*whole);
  }
  Payload payload;
  try {
    // Told not to throw, it still throws when an array claims an impossible length.
    const nlohmann::json json = nlohmann::json::from_cbor(plain, true, false);
    if (json.is_discarded() || !json.is_object()) return std::nullopt;
    JsonReader::Decode(json, payload);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  if (payload.database.forks.empty() || payload.database.files.empty()) return std::nullopt;
  return payload;
}

std::vector<Pieces> Stripe(std::string_view bytes, int families) {
  std::vector<Pieces> dealt(static_cast<std::size_t>(families));
  std::size_t next = 0;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    dealt[next++ % dealt.size()].emplace_back(piece);
    bytes.remove_prefix(piece.size());
  }
  return dealt;
}

std::string Unstripe(const std::vector<const Pieces*>& families) {
  std::string bytes;
  for (std::size_t i = 0;; ++i) {
    const Pieces& family = *families[i % families.size()];
    const std::size_t index = i / families.size();
    if (index >= family.size()) return bytes;
    bytes += family[index];
  }
}

}  // namespace dbstow::doubles::sqlserver
