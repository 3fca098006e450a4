#pragma once

#include <memory>
#include <string>

#include "doubles/sqlserver/media/device.h"
#include "doubles/sqlserver/media/s3_signature.h"

namespace dbstow::doubles::sqlserver {

/// Where a URL leads: "/bucket/key" or "/container/blob" on a host.
struct RemotePlace {
  std::string url;
  std::string host;
  std::uint16_t port = 443;
  std::string path;
};

struct Transfer {
  std::size_t part_bytes = 0;
  std::size_t most_parts = 0;
  std::size_t breaks_at_part = 0;  ///< as if the network broke then; 0: never
};

/// 3201 with the system's error number.
[[nodiscard]] SqlError CannotOpenUrl(const std::string& url, int os_error, const std::string& why);

/// An object in parts. What a failed backup has sent is left on the server.
[[nodiscard]] std::unique_ptr<BackupDevice> MakeS3Device(const RemotePlace& place, S3Key key,
                                                         Transfer transfer, HttpsClient client);
/// A block blob, leased while it is written, and for ever when that fails; `sas` is the query that
/// lets in.
[[nodiscard]] std::unique_ptr<BackupDevice> MakeBlobDevice(const RemotePlace& place,
                                                           std::string sas, Transfer transfer,
                                                           HttpsClient client);

}  // namespace dbstow::doubles::sqlserver
