#include "doubles/net/server_certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "doubles/net/openssl_error.h"

namespace dbstow::doubles {
namespace {

constexpr unsigned kKeyBits = 2048;
constexpr long kDay = 24L * 60 * 60;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

bool AddExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value), &X509_EXTENSION_free);
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool NameAndDate(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) != 1) return false;
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("localhost");
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * kDay) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

// An authority of its own, so that every client takes it as a trust anchor.
bool SayWhatItIsFor(X509* certificate) {
  return AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         AddExtension(certificate, NID_key_usage,
                      "critical,digitalSignature,keyEncipherment,keyCertSign") &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth") &&
         AddExtension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
         AddExtension(certificate, NID_subject_key_identifier, "hash") &&
         AddExtension(certificate, NID_authority_key_identifier, "keyid");
}

Result<Certificate> SelfSign(EVP_PKEY* key) {
  Certificate certificate(X509_new(), &X509_free);
  if (!certificate || !NameAndDate(certificate.get()) ||
      X509_set_pubkey(certificate.get(), key) != 1 || !SayWhatItIsFor(certificate.get()) ||
      X509_sign(certificate.get(), key, EVP_sha256()) == 0) {
    return OpensslError("make a certificate");
  }
  return certificate;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// Certificate and key of an earlier start, if they belong together and have days left.
bool Load(const std::string& pem_file, const std::string& key_file, Certificate& certificate,
          Key& key) {
  const File certificate_pem(std::fopen(pem_file.c_str(), "rb"), &std::fclose);
  const File key_pem(std::fopen(key_file.c_str(), "rb"), &std::fclose);
  if (!certificate_pem || !key_pem) return false;
  certificate.reset(PEM_read_X509(certificate_pem.get(), nullptr, nullptr, nullptr));
  key.reset(PEM_read_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr));
  std::time_t tomorrow = std::time(nullptr) + kDay;
  const bool good = certificate && key &&
                    X509_check_private_key(certificate.get(), key.get()) == 1 &&
                    X509_cmp_time(X509_get0_notAfter(certificate.get()), &tomorrow) > 0;
  ERR_clear_error();
  return good;
}

/// Whole or not at all, whenever the process is killed.
template <class Write>
Result<void> Replace(const std::string& path, mode_t mode, Write write) {
  const std::string unfinished = path + "." + std::to_string(::getpid());
  File file(std::fopen(unfinished.c_str(), "wb"), &std::fclose);
  if (!file || ::fchmod(::fileno(file.get()), mode) != 0 || !write(file.get()) ||
      std::fclose(file.release()) != 0 || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return Error(ErrorCode::kIoError, "cannot write " + path);
  }
  return {};
}

// `TlsSession` keeps the list of its protocols, in wire form, as the session's application data.
int SelectAlpn(SSL* ssl, const unsigned char** chosen, unsigned char* size,
               const unsigned char* offered, unsigned offered_size, void*) {
  const auto* ours = static_cast<const std::string*>(SSL_get_app_data(ssl));
  if (ours == nullptr || ours->empty()) return SSL_TLSEXT_ERR_NOACK;
  unsigned char* protocol = nullptr;
  const int outcome =
      SSL_select_next_proto(&protocol, size, reinterpret_cast<const unsigned char*>(ours->data()),
                            static_cast<unsigned>(ours->size()), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = protocol;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<ServerCertificate> ServerCertificate::Open(const std::string& pem_file) {
  const std::string key_file = pem_file + ".key";
  Certificate certificate(nullptr, &X509_free);
  Key key(nullptr, &EVP_PKEY_free);
  if (!Load(pem_file, key_file, certificate, key)) {
    key.reset(EVP_RSA_gen(kKeyBits));
    if (!key) return OpensslError("make a key");
    DBSTOW_ASSIGN(certificate, SelfSign(key.get()));
    DBSTOW_TRY(Replace(key_file, 0600, [&](std::FILE* file) {
      return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    }));
    DBSTOW_TRY(Replace(pem_file, 0644, [&](std::FILE* file) {
      return PEM_write_X509(file, certificate.get()) == 1;
    }));
  }
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return OpensslError("use the certificate");
  }
  SSL_CTX_set_alpn_select_cb(context.get(), &SelectAlpn, nullptr);
  return ServerCertificate(pem_file, std::move(context));
}

}  // namespace dbstow::doubles
