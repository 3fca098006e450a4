#include "doubles/snowflake/stage/azure_stage_store.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "doubles/snowflake/http/http_message.h"
#include "doubles/snowflake/stage/client_encryption.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr const char* kVersion = "2020-08-04";
constexpr const char* kContainer = "stages";

std::string TimeText(const char* format, std::chrono::seconds from_now) {
  const std::time_t time =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> buffer{};
  std::strftime(buffer.data(), buffer.size(), format, &parts);
  return buffer.data();
}

Error Refused(const char* what, const ClientResponse& response) {
  const ErrorCode code = response.status == 404 ? ErrorCode::kNotFound : ErrorCode::kIoError;
  return Error(code, std::string("the store refused to ") + what + ": HTTP " +
                         std::to_string(response.status));
}

/// The texts of the elements of that name; the store's listing nests none of them in itself.
std::vector<std::string> Elements(const std::string& xml, const std::string& name) {
  std::vector<std::string> found;
  const std::string open = "<" + name + ">";
  const std::string close = "</" + name + ">";
  for (size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at)) {
    const size_t from = at + open.size();
    const size_t end = xml.find(close, from);
    if (end == std::string::npos) break;
    found.push_back(xml.substr(from, end - from));
    at = end;
  }
  return found;
}

std::string First(const std::vector<std::string>& texts) { return texts.empty() ? "" : texts[0]; }

std::string Unescape(std::string text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEntities = {
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}}};
  for (const auto& [entity, letter] : kEntities) {
    for (size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
      text.replace(at, entity.size(), letter);
    }
  }
  return text;
}

std::string EncodePath(const std::string& path) {
  std::string encoded;
  size_t from = 0;
  while (from <= path.size()) {
    const size_t end = std::min(path.find('/', from), path.size());
    if (from > 0) encoded += "/";
    encoded += PercentEncode(path.substr(from, end - from));
    from = end + 1;
  }
  return encoded;
}

}  // namespace

BlobList ParseBlobList(const std::string& xml) {
  BlobList list;
  for (const std::string& blob : Elements(xml, "Blob")) {
    std::string etag = First(Elements(blob, "Etag"));
    std::erase_if(
        etag, [](char letter) { return std::isxdigit(static_cast<unsigned char>(letter)) == 0; });
    list.files.push_back(StagedFile{Unescape(First(Elements(blob, "Name"))),
                                    std::atoll(First(Elements(blob, "Content-Length")).c_str()),
                                    etag, First(Elements(blob, "Last-Modified"))});
  }
  list.marker = First(Elements(xml, "NextMarker"));
  return list;
}

Result<std::unique_ptr<StageStore>> AzureStageStore::Open(const std::string& endpoint,
                                                          const std::string& account,
                                                          const std::string& key) {
  DBSTOW_ASSIGN(std::string key_bytes, FromBase64(key));
  std::unique_ptr<AzureStageStore> store(
      new AzureStageStore(endpoint, account, std::move(key_bytes)));
  DBSTOW_ASSIGN(const auto made, store->Send("PUT", std::string("/") + kContainer,
                                             {{"restype", "container"}}, {}, ""));
  if (made.status != 201 && made.status != 409) return Refused("make the container", made);
  return std::unique_ptr<StageStore>(std::move(store));
}

std::string AzureStageStore::Sign(const std::string& text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return Base64(std::string(reinterpret_cast<const char*>(digest.data()), size));
}

Result<ClientResponse> AzureStageStore::Send(const std::string& method, const std::string& resource,
                                             const std::map<std::string, std::string>& query,
                                             std::map<std::string, std::string> headers,
                                             const std::string& body) {
  headers["x-ms-date"] = TimeText("%a, %d %b %Y %H:%M:%S GMT", {});
  headers["x-ms-version"] = kVersion;
  std::string canonical_headers;
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-ms-")) canonical_headers += name + ":" + value + "\n";
  }
  const std::string path = endpoint_.substr(endpoint_.find('/', 7)) + resource;
  std::string canonical_resource = "/" + account_ + path;
  std::string query_text;
  for (const auto& [name, value] : query) {
    canonical_resource += "\n" + name + ":" + value;
    query_text += (query_text.empty() ? "?" : "&") + name + "=" + PercentEncode(value);
  }
  const std::string length = body.empty() ? "" : std::to_string(body.size());
  const std::string type = headers.count("Content-Type") > 0 ? headers["Content-Type"] : "";
  headers["Authorization"] = "SharedKey " + account_ + ":" +
                             Sign(method + "\n\n\n" + length + "\n\n" + type + "\n\n\n\n\n\n\n" +
                                  canonical_headers + canonical_resource);
  return SendHttp(method, endpoint_ + resource + query_text, headers, body);
}

Result<std::vector<StagedFile>> AzureStageStore::List(const std::string& prefix) {
  std::vector<StagedFile> files;
  std::string marker;
  do {
    std::map<std::string, std::string> query = {
        {"comp", "list"}, {"prefix", prefix}, {"restype", "container"}};
    if (!marker.empty()) query["marker"] = marker;
    DBSTOW_ASSIGN(const auto response, Send("GET", std::string("/") + kContainer, query, {}, ""));
    if (response.status != 200) return Refused("list", response);
    BlobList page = ParseBlobList(response.body);
    std::move(page.files.begin(), page.files.end(), std::back_inserter(files));
    marker = page.marker;
  } while (!marker.empty());
  std::sort(files.begin(), files.end(),
            [](const StagedFile& a, const StagedFile& b) { return a.path < b.path; });
  return files;
}

Result<StagedBytes> AzureStageStore::Read(const std::string& path) {
  DBSTOW_ASSIGN(auto response,
                Send("GET", std::string("/") + kContainer + "/" + EncodePath(path), {}, {}, ""));
  if (response.status != 200) return Refused("read", response);
  return StagedBytes{std::move(response.body), response.headers["x-ms-meta-encryptiondata"]};
}

Result<void> AzureStageStore::Write(const std::string& path, const StagedBytes& file) {
  std::map<std::string, std::string> headers = {{"x-ms-blob-type", "BlockBlob"},
                                                {"Content-Type", "application/octet-stream"}};
  if (!file.encryption.empty()) {
    headers["x-ms-meta-encryptiondata"] = file.encryption;
    headers["x-ms-meta-matdesc"] = R"({"smkId":"1","queryId":"","keySize":"128"})";
    headers["x-ms-meta-sfcdigest"] = Base64(std::string(32, '\0'));
  }
  DBSTOW_ASSIGN(
      const auto response,
      Send("PUT", std::string("/") + kContainer + "/" + EncodePath(path), {}, headers, file.bytes));
  if (response.status != 201) return Refused("write", response);
  return {};
}

Result<void> AzureStageStore::Remove(const std::string& path) {
  DBSTOW_ASSIGN(const auto response,
                Send("DELETE", std::string("/") + kContainer + "/" + EncodePath(path), {}, {}, ""));
  if (response.status != 202) return Refused("remove", response);
  return {};
}

std::string AzureStageStore::AccountSas() const {
  const std::string expiry = TimeText("%Y-%m-%dT%H:%M:%SZ", std::chrono::hours(1));
  const std::string permissions = "rwdlac";
  const std::string signature =
      Sign(account_ + "\n" + permissions + "\nb\nsco\n\n" + expiry + "\n\n\n" + kVersion + "\n");
  return std::string("?sv=") + kVersion + "&ss=b&srt=sco&sp=" + permissions +
         "&se=" + PercentEncode(expiry) + "&sig=" + PercentEncode(signature);
}

Result<std::string> AzureStageStore::StageInfo(const std::string& prefix) {
  return nlohmann::json({{"locationType", "AZURE"},
                         {"location", std::string(kContainer) + "/" + prefix},
                         {"path", prefix},
                         {"region", "eastus"},
                         {"storageAccount", account_},
                         {"endPoint", endpoint_},
                         {"creds", {{"AZURE_SAS_TOKEN", AccountSas()}}}})
      .dump();
}

}  // namespace dbstow::doubles::snowflake
