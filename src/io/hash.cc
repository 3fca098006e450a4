#include "io/hash.h"

#include "io/openssl_algorithms.h"

namespace dbstow::io {
namespace {

const unsigned char* In(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
template <std::size_t N>
unsigned char* Out(std::array<std::byte, N>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

constexpr std::array<unsigned char, 12> kFixedNonce{};

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

struct Sha256::Context {
  OpenSslOwned<EVP_MD_CTX> digest{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  RequireOpenSsl(EVP_DigestInit_ex2(context_->digest.get(), Sha256Algorithm(), nullptr) == 1);
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::Update(ByteView bytes) {
  RequireOpenSsl(EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::Finish() {
  Sha256Digest digest;
  RequireOpenSsl(EVP_DigestFinal_ex(context_->digest.get(), Out(digest), nullptr) == 1);
  return digest;
}

Sha256Digest Sha256::Of(ByteView bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

struct PageHasher::Context {
  OpenSslOwned<EVP_CIPHER_CTX> cipher{EVP_CIPHER_CTX_new()};
};

PageHasher::PageHasher(ByteView key) : context_(std::make_unique<Context>()) {
  RequireOpenSsl(key.size() == 32 &&
                 EVP_EncryptInit_ex2(context_->cipher.get(), Aes256GcmAlgorithm(), In(key),
                                     kFixedNonce.data(), nullptr) == 1);
}
PageHasher::PageHasher(PageHasher&&) noexcept = default;
PageHasher& PageHasher::operator=(PageHasher&&) noexcept = default;
PageHasher::~PageHasher() = default;

PageHash PageHasher::Hash(ByteView page) {
  EVP_CIPHER_CTX* cipher = context_->cipher.get();
  int written = 0;
  unsigned char none = 0;
  PageHash hash;
  const bool done =
      EVP_EncryptInit_ex2(cipher, nullptr, nullptr, kFixedNonce.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &written, In(page), static_cast<int>(page.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher, &none, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(hash.size()),
                          Out(hash)) == 1;
  RequireOpenSsl(done);
  return hash;
}

std::string ToHex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<std::size_t>(byte) >> 4];
    text += kDigits[std::to_integer<std::size_t>(byte) & 15];
  }
  return text;
}

Result<Bytes> FromHex(std::string_view text) {
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Error(ErrorCode::kInvalidOptions, "not hexadecimal: '" + std::string(text) + "'");
    }
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  if (text.size() % 2 != 0) {
    return Error(ErrorCode::kInvalidOptions, "half a byte too much: '" + std::string(text) + "'");
  }
  return bytes;
}

}  // namespace dbstow::io
