#include "doubles/net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "doubles/net/openssl_error.h"

namespace dbstow::doubles {
namespace {

std::string AlpnWireForm(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

const unsigned char* AsUnsigned(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool WantsMore(SSL* ssl, int outcome) {
  const int reason = SSL_get_error(ssl, outcome);
  return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

}  // namespace

Error OpensslError(std::string_view what) {
  const unsigned long number = ERR_get_error();
  char text[256] = "no reason given";
  if (number != 0) ERR_error_string_n(number, text, sizeof(text));
  ERR_clear_error();
  return Error(ErrorCode::kIoError, "cannot " + std::string(what) + ": " + text)
      .WithNative({"openssl", std::to_string(number), text});
}

TlsSession::TlsSession(std::shared_ptr<ssl_st> ssl, std::unique_ptr<std::string> alpn)
    : ssl_(std::move(ssl)), alpn_(std::move(alpn)) {}

Result<TlsSession> TlsSession::Create(SSL_CTX* context, const TlsOptions& options) {
  std::shared_ptr<SSL> ssl(SSL_new(context), &SSL_free);
  if (!ssl) return OpensslError("make a TLS session");
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (in == nullptr || out == nullptr) return OpensslError("make a TLS buffer");
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_min_proto_version(ssl.get(), TLS1_2_VERSION);
  if (options.versions == TlsVersions::kOnly12) {
    SSL_set_max_proto_version(ssl.get(), TLS1_2_VERSION);
  }
  auto alpn = std::make_unique<std::string>(AlpnWireForm(options.alpn));
  SSL_set_app_data(ssl.get(), alpn.get());
  return TlsSession(std::move(ssl), std::move(alpn));
}

Result<TlsSession> TlsSession::Server(const ServerCertificate& certificate,
                                      const TlsOptions& options) {
  DBSTOW_ASSIGN(TlsSession session, Create(certificate.context().get(), options));
  SSL_set_accept_state(session.ssl_.get());
  return session;
}

Result<TlsSession> TlsSession::Client(const std::string& trusted_pem_file, const std::string& host,
                                      const TlsOptions& options) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context ||
      SSL_CTX_load_verify_locations(context.get(), trusted_pem_file.c_str(), nullptr) != 1) {
    return OpensslError("trust " + trusted_pem_file);
  }
  DBSTOW_ASSIGN(TlsSession session, Create(context.get(), options));
  SSL* ssl = session.ssl_.get();
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* checks = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) != 1) {
    // The macro for this casts in the old style.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
    SSL_set1_host(ssl, host.c_str());
  }
  if (!session.alpn_->empty()) {
    SSL_set_alpn_protos(ssl, AsUnsigned(*session.alpn_),
                        static_cast<unsigned>(session.alpn_->size()));
  }
  ERR_clear_error();
  SSL_set_connect_state(ssl);
  return session;
}

void TlsSession::Feed(ByteView encrypted) {
  BIO_write(SSL_get_rbio(ssl_.get()), encrypted.data(), static_cast<int>(encrypted.size()));
}

Result<bool> TlsSession::Handshake() {
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome == 1) return true;
  if (WantsMore(ssl_.get(), outcome)) return false;
  return OpensslError("agree on TLS");
}

Result<std::size_t> TlsSession::Read(MutableByteView plain) {
  ERR_clear_error();
  std::size_t size = 0;
  const int outcome = SSL_read_ex(ssl_.get(), plain.data(), plain.size(), &size);
  if (outcome == 1) return size;
  if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
    return std::size_t{0};
  }
  if (WantsMore(ssl_.get(), outcome)) return std::size_t{0};
  return OpensslError("read TLS bytes");
}

Result<void> TlsSession::Write(ByteView plain) {
  if (plain.empty()) return {};
  ERR_clear_error();
  std::size_t size = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &size) != 1 || size != plain.size()) {
    return OpensslError("write TLS bytes");
  }
  return {};
}

void TlsSession::End() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

Bytes TlsSession::TakeOutgoing() {
  BIO* out = SSL_get_wbio(ssl_.get());
  Bytes bytes(BIO_ctrl_pending(out));
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::string TlsSession::alpn() const {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  return {reinterpret_cast<const char*>(protocol), size};
}

std::string TlsSession::version() const { return SSL_get_version(ssl_.get()); }

}  // namespace dbstow::doubles
