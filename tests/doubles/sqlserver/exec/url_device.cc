#include "doubles/sqlserver/exec/url_device.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/media/url_devices.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::int64_t kS3Part = 10 * 1024 * 1024;
constexpr std::int64_t kBlobBlock = 1024 * 1024;
constexpr std::size_t kMostS3Parts = 10'000;
constexpr std::size_t kMostBlobBlocks = 50'000;
constexpr std::string_view kS3Identity = "S3 Access Key";
/// In the data folder, as the server has its folder of that name.
constexpr std::string_view kTrusted = "/ca-certificates.pem";
constexpr std::string_view kSasIdentity = "SHARED ACCESS SIGNATURE";

SqlError BadUrl() {
  return {3297, 16,
          "The URL provided does not meet specified requirements. The URL must be either "
          "resolvable as an absolute or relative URI, has or can be composed as an HTTP or HTTPS "
          "scheme, and cannot contain a query component."};
}

SqlError NoCredential(const std::string& url) {
  return CannotOpenUrl(url, 50, "The request is not supported.");
}

SqlResult<RemotePlace> ParseUrl(const std::string& url) {
  RemotePlace place;
  place.url = url;
  const auto scheme = url.find("://");
  const auto path = url.find('/', scheme + 3);
  if (path == std::string::npos || path + 1 == url.size() || url.find('?') != std::string::npos) {
    return BadUrl();
  }
  place.host = url.substr(scheme + 3, path - scheme - 3);
  place.path = url.substr(path);
  if (const auto colon = place.host.find(':'); colon != std::string::npos) {
    const std::string port = place.host.substr(colon + 1);
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    if (problem != std::errc() || end != port.data() + port.size()) return BadUrl();
    place.host.erase(colon);
  }
  if (place.host.empty()) return BadUrl();
  return place;
}

// From the most specific path, which is the object itself, up to the bucket or container.
const Credential* FindCredential(const Instance& instance, std::string url) {
  const auto host = url.find('/', url.find("://") + 3);
  for (; url.size() > host + 1; url.erase(url.rfind('/'))) {
    for (const Credential& credential : instance.server().credentials) {
      if (SameName(credential.name, url)) return &credential;
    }
  }
  return nullptr;
}

std::string Region(const WithOptions& options) {
  for (const char* option : {"BACKUP_OPTIONS", "RESTORE_OPTIONS"}) {
    const nlohmann::json json = nlohmann::json::parse(options.Text(option), nullptr, false);
    if (!json.is_object()) continue;
    const auto s3 = json.find("s3");
    if (s3 == json.end() || !s3->is_object()) continue;
    const auto region = s3->find("region");
    if (region != s3->end() && region->is_string()) return region->get<std::string>();
  }
  return "us-east-1";
}

Transfer TransferOf(const OperationContext& context, const WithOptions& options, std::int64_t usual,
                    std::size_t most_parts) {
  const Faults& faults = context.engine.faults;
  return {static_cast<std::size_t>(options.Number("MAXTRANSFERSIZE").value_or(usual)),
          faults.most_parts > 0 ? static_cast<std::size_t>(faults.most_parts) : most_parts,
          static_cast<std::size_t>(faults.break_upload_at_part)};
}

SqlResult<std::unique_ptr<BackupDevice>> OpenS3(const OperationContext& context,
                                                const RemotePlace& place,
                                                const WithOptions& options, HttpsClient client) {
  const Instance& instance = context.engine.instance();
  if (instance.settings().major < 16) return BadUrl();
  if (instance.settings().edition == Edition::kExpress) {
    return SqlError{
        1844, 16,
        "BACKUP to S3-compatible storage is not supported on " + instance.EditionName() + "."};
  }
  if (options.Has("CREDENTIAL")) {
    return SqlError{3291, 16,
                    "URL device type was specified, and a disallowed option CREDENTIAL was "
                    "specified."};
  }
  if (options.Has("MAXTRANSFERSIZE") && !options.Has("COMPRESSION")) {
    return SqlError{3291, 16,
                    "URL device type was specified, and a disallowed option MAXTRANSFERSIZE was "
                    "specified."};
  }
  const Credential* credential = FindCredential(instance, place.url);
  if (credential == nullptr) return NoCredential(place.url);
  if (!SameName(credential->identity, kS3Identity)) {
    return SqlError{3233, 16, "The identity of the credential must be 'S3 Access Key'."};
  }
  const auto colon = credential->secret.find(':');
  if (colon == std::string::npos) return NoCredential(place.url);
  S3Key key{credential->secret.substr(0, colon), credential->secret.substr(colon + 1),
            Region(options)};
  return MakeS3Device(place, std::move(key), TransferOf(context, options, kS3Part, kMostS3Parts),
                      std::move(client));
}

SqlResult<std::unique_ptr<BackupDevice>> OpenBlob(const OperationContext& context,
                                                  const RemotePlace& place,
                                                  const WithOptions& options, HttpsClient client) {
  if (options.Has("CREDENTIAL")) {
    return SqlError{
        3225, 16,
        "Use of WITH CREDENTIAL syntax is not valid for credentials containing a Shared "
        "Access Signature."};
  }
  const Credential* credential = FindCredential(context.engine.instance(), place.url);
  if (credential == nullptr || !SameName(credential->identity, kSasIdentity)) {
    return NoCredential(place.url);
  }
  return MakeBlobDevice(place, credential->secret,
                        TransferOf(context, options, kBlobBlock, kMostBlobBlocks),
                        std::move(client));
}

}  // namespace

SqlResult<std::unique_ptr<BackupDevice>> OpenUrlDevice(const OperationContext& context,
                                                       const std::string& url,
                                                       const WithOptions& options) {
  const Instance& instance = context.engine.instance();
  const bool s3 = ToLower(url).starts_with("s3://");
  if (!s3 && !ToLower(url).starts_with("https://")) return BadUrl();
  DBSTOW_ASSIGN(const RemotePlace place, ParseUrl(url));
  HttpsClient client(instance.folder() + std::string(kTrusted),
                     [&context] { return context.interruption.Interrupted(); });
  return s3 ? OpenS3(context, place, options, std::move(client))
            : OpenBlob(context, place, options, std::move(client));
}

}  // namespace dbstow::doubles::sqlserver
