#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"
#include "doubles/net/server_certificate.h"

struct ssl_st;

namespace dbstow::doubles {

enum class TlsVersions { kFrom12, kOnly12 };

struct TlsOptions {
  TlsVersions versions = TlsVersions::kFrom12;
  std::vector<std::string> alpn;  ///< protocols offered or accepted, best first; empty: no ALPN
};

/// TLS as a pure transformation: bytes from the peer go in by `Feed`, bytes for the peer come out
/// of `TakeOutgoing`, and how they travel is the caller's business. Never blocks. One thread at a
/// time.
class TlsSession {
 public:
  [[nodiscard]] static Result<TlsSession> Server(const ServerCertificate& certificate,
                                                 const TlsOptions& options = {});
  /// Trusts the certificates in `trusted_pem_file` only and insists on the name `host`.
  [[nodiscard]] static Result<TlsSession> Client(const std::string& trusted_pem_file,
                                                 const std::string& host,
                                                 const TlsOptions& options = {});

  void Feed(ByteView encrypted);
  /// Goes as far as the bytes fed so far allow; true when the handshake is done. After an error
  /// `TakeOutgoing` still holds the alert for the peer. Errors: IOError.
  [[nodiscard]] Result<bool> Handshake();
  /// Plain bytes out of what was fed; 0 when more must be fed first, or after `ended()`.
  [[nodiscard]] Result<std::size_t> Read(MutableByteView plain);
  [[nodiscard]] Result<void> Write(ByteView plain);
  /// Says goodbye to the peer (close_notify).
  void End();
  /// True once the peer said goodbye.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Everything to be sent to the peer by now; the next call starts empty.
  [[nodiscard]] Bytes TakeOutgoing();
  /// The protocol agreed by ALPN; empty when none was.
  [[nodiscard]] std::string alpn() const;
  /// "TLSv1.2", "TLSv1.3".
  [[nodiscard]] std::string version() const;

 private:
  TlsSession(std::shared_ptr<ssl_st> ssl, std::unique_ptr<std::string> alpn);
  [[nodiscard]] static Result<TlsSession> Create(ssl_ctx_st* context, const TlsOptions& options);

  std::shared_ptr<ssl_st> ssl_;
  std::unique_ptr<std::string> alpn_;  ///< ours, in wire form; at a fixed address for OpenSSL
  bool ended_ = false;
};

}  // namespace dbstow::doubles
