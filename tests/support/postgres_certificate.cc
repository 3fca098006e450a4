#include "support/postgres_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "support/child_process.h"

namespace dbstow::test {
namespace {

constexpr unsigned kKeyBits = 2048;
constexpr long kDay = 24L * 60 * 60;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool Fill(X509* certificate, EVP_PKEY* key, const CertificateFacts& facts) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>(facts.common_name.c_str());
  const long until = facts.expired ? -kDay : 30 * kDay;
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), until) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         (facts.alternative_names.empty() ||
          AddExtension(certificate, NID_subject_alt_name, facts.alternative_names)) &&
         X509_sign(certificate, key, EVP_sha256()) != 0;
}

File Open(const std::string& path) { return {std::fopen(path.c_str(), "wb"), &std::fclose}; }

}  // namespace

Result<CertificateFiles> MakeCertificate(const std::string& folder, const std::string& name,
                                         const CertificateFacts& facts) {
  const CertificateFiles files{folder + "/" + name + ".crt", folder + "/" + name + ".key"};
  const Key key(EVP_RSA_gen(kKeyBits), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  if (!key || !certificate || !Fill(certificate.get(), key.get(), facts)) {
    return Error(ErrorCode::kIoError, "cannot make a certificate");
  }
  const File certificate_file = Open(files.certificate);
  const File key_file = Open(files.key);
  if (!certificate_file || !key_file ||
      PEM_write_X509(certificate_file.get(), certificate.get()) != 1 ||
      PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Error(ErrorCode::kIoError, "cannot write the certificate to " + folder);
  }
  DBSTOW_ASSIGN(const auto owner, UserToBecome("postgres"));
  if (chmod(files.certificate.c_str(), 0644) != 0 || chmod(files.key.c_str(), 0600) != 0 ||
      (owner && chown(files.key.c_str(), owner->uid, owner->gid) != 0)) {
    return Error(ErrorCode::kIoError, "cannot give the key to the server");
  }
  return files;
}

}  // namespace dbstow::test
