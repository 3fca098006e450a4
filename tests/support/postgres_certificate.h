#pragma once

#include <string>

#include "dbstow/core/result.h"

namespace dbstow::test {

/// What a self-signed certificate says.
struct CertificateFacts {
  std::string common_name = "localhost";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";  ///< empty: none
  bool expired = false;
};

/// A self-signed certificate, and its private key, in files; the latter can be read by its owner
/// alone, who is the operating system's user for servers when we are root.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// Makes both in `folder`, as NAME.crt and NAME.key. Errors: IOError.
[[nodiscard]] Result<CertificateFiles> MakeCertificate(const std::string& folder,
                                                       const std::string& name,
                                                       const CertificateFacts& facts = {});

}  // namespace dbstow::test
