#pragma once

#include <memory>
#include <string>

#include "dbstow/core/result.h"

struct ssl_ctx_st;

namespace dbstow::doubles {

/// A self-signed certificate for `localhost` and 127.0.0.1 with its RSA key. Immutable, so
/// thread-safe; copies share.
class ServerCertificate {
 public:
  /// The certificate in `pem_file`, with its key beside it: kept over restarts, as a server's is,
  /// and made when missing, broken or near its end. A client that trusts this file trusts the
  /// server. Errors: IOError when it cannot be written, Internal.
  [[nodiscard]] static Result<ServerCertificate> Open(const std::string& pem_file);

  [[nodiscard]] const std::string& pem_file() const { return pem_file_; }
  /// For `TlsSession`.
  [[nodiscard]] const std::shared_ptr<ssl_ctx_st>& context() const { return context_; }

 private:
  ServerCertificate(std::string pem_file, std::shared_ptr<ssl_ctx_st> context)
      : pem_file_(std::move(pem_file)), context_(std::move(context)) {}

  std::string pem_file_;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace dbstow::doubles
