#include "io/aead.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <limits>

#include "io/openssl_algorithms.h"

namespace dbstow::io {
namespace {

using Nonce = std::array<unsigned char, 12>;

Nonce CounterNonce(std::uint64_t counter) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[nonce.size() - 1 - i] = static_cast<unsigned char>(counter >> (8 * i));
  }
  return nonce;
}

const unsigned char* In(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Out(MutableByteView bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
int Length(std::size_t size) {
  RequireOpenSsl(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(size);
}

}  // namespace

// Two contexts, because switching one between sealing and opening sets the key up again.
struct Aead::Context {
  OpenSslOwned<EVP_CIPHER_CTX> seal{EVP_CIPHER_CTX_new()};
  OpenSslOwned<EVP_CIPHER_CTX> open{EVP_CIPHER_CTX_new()};
};

Aead::Aead(const Key256& key) : context_(std::make_unique<Context>()) { SetKey(key); }
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::SetKey(const Key256& key) {
  const unsigned char* raw = In(key);
  RequireOpenSsl(
      EVP_EncryptInit_ex2(context_->seal.get(), Aes256GcmAlgorithm(), raw, nullptr, nullptr) == 1);
  RequireOpenSsl(
      EVP_DecryptInit_ex2(context_->open.get(), Aes256GcmAlgorithm(), raw, nullptr, nullptr) == 1);
}

void Aead::Seal(std::uint64_t nonce, ByteView associated, ByteView plain, MutableByteView out) {
  RequireOpenSsl(out.size() == plain.size() + kTagBytes);
  EVP_CIPHER_CTX* cipher = context_->seal.get();
  const Nonce iv = CounterNonce(nonce);
  int written = 0;
  const bool done =
      EVP_EncryptInit_ex2(cipher, nullptr, nullptr, iv.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &written, In(associated), Length(associated.size())) ==
          1 &&
      EVP_EncryptUpdate(cipher, Out(out), &written, In(plain), Length(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher, Out(out.subspan(plain.size())), &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                          Out(out.subspan(plain.size()))) == 1;
  RequireOpenSsl(done);
}

Result<void> Aead::Open(std::uint64_t nonce, ByteView associated, ByteView sealed,
                        MutableByteView out) {
  if (sealed.size() < kTagBytes || out.size() != sealed.size() - kTagBytes) {
    return Error(ErrorCode::kCorrupt, "encrypted data has an impossible length");
  }
  EVP_CIPHER_CTX* cipher = context_->open.get();
  const Nonce iv = CounterNonce(nonce);
  const ByteView body = sealed.first(out.size());
  std::array<unsigned char, kTagBytes> tag;
  std::copy_n(In(sealed.subspan(out.size())), kTagBytes, tag.data());
  int written = 0;
  const bool set =
      EVP_DecryptInit_ex2(cipher, nullptr, nullptr, iv.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(cipher, nullptr, &written, In(associated), Length(associated.size())) ==
          1 &&
      EVP_DecryptUpdate(cipher, Out(out), &written, In(body), Length(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1;
  RequireOpenSsl(set);
  unsigned char none = 0;
  if (EVP_DecryptFinal_ex(cipher, &none, &written) != 1) {
    return Error(ErrorCode::kCorrupt, "encrypted data was changed or the key is another one");
  }
  return {};
}

Key256 Hkdf(ByteView key, ByteView salt, std::string_view purpose) {
  const OpenSslOwned<EVP_KDF_CTX> context(EVP_KDF_CTX_new(HkdfAlgorithm()));
  // OpenSSL's parameters are not const, but these are only read.
  const auto octets = [](const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()),
                                             bytes.size());
  };
  // RFC 5869: no salt is a salt of zeros. OpenSSL takes no empty one.
  const Key256 no_salt{};
  if (salt.empty()) salt = no_salt;
  std::array<char, 9> digest{"SHA2-256"};
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, AsBytes(purpose)), OSSL_PARAM_construct_end()};
  Key256 derived;
  RequireOpenSsl(context != nullptr && EVP_KDF_derive(context.get(), Out(derived), derived.size(),
                                                      parameters.data()) == 1);
  return derived;
}

}  // namespace dbstow::io
