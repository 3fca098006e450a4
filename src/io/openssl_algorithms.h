#pragma once

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

namespace dbstow::io {

struct OpenSslDelete {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
template <class T>
using OpenSslOwned = std::unique_ptr<T, OpenSslDelete>;

/// Fetched once: OpenSSL 3 otherwise looks the algorithm up on every use, which costs more than
/// hashing a page.
[[nodiscard]] const EVP_MD* Sha256Algorithm();
[[nodiscard]] const EVP_CIPHER* Aes256GcmAlgorithm();
[[nodiscard]] EVP_KDF* HkdfAlgorithm();

/// These calls fail only when memory is exhausted or the library is broken: like a failed
/// allocation, there is nothing to go on with.
void RequireOpenSsl(bool succeeded);

}  // namespace dbstow::io
