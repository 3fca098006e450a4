#include "doubles/sqlserver/media/url_devices.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <vector>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kReadPiece = 10 * 1024 * 1024;

std::string Number(std::size_t number) {
  std::string text = std::to_string(number);
  text.insert(0, 6 - std::min<std::size_t>(6, text.size()), '0');
  return text;
}

std::string UtcNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

std::string Base64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i + 2 < text.size(); i += 3) {  // whole groups only
    const auto group = static_cast<unsigned>(static_cast<unsigned char>(text[i]) << 16 |
                                             static_cast<unsigned char>(text[i + 1]) << 8 |
                                             static_cast<unsigned char>(text[i + 2]));
    for (int shift = 18; shift >= 0; shift -= 6) out += kAlphabet[group >> shift & 63];
  }
  return out;
}

std::string Between(const std::string& text, const std::string& from, const std::string& to) {
  const auto start = text.find(from);
  if (start == std::string::npos) return "";
  const auto end = text.find(to, start + from.size());
  return text.substr(start + from.size(), end - start - from.size());
}

SqlError FromTransport(const std::string& url, const Error& error) {
  if (error.code() == ErrorCode::kCancelled) {
    return {3204, 16, "The backup or restore was aborted."};
  }
  // A peer that is not trusted is not a network that fails.
  const bool untrusted = error.native() && error.native()->system == "openssl";
  return CannotOpenUrl(url, untrusted ? 12175 : 67, error.message());
}

/// What both kinds of endpoints have alike: HEAD, ranges, parts.
class UrlDevice : public BackupDevice {
 public:
  UrlDevice(RemotePlace place, Transfer transfer, HttpsClient client)
      : place_(std::move(place)), transfer_(transfer), client_(std::move(client)) {}

  const std::string& name() const override { return place_.url; }
  int type() const override { return 9; }
  bool appends() const override { return false; }

  SqlResult<bool> Exists() override {
    DBSTOW_ASSIGN(const std::optional<std::size_t> size, Size());
    return size.has_value();
  }

  SqlResult<std::optional<std::string>> Read() override {
    DBSTOW_ASSIGN(const std::optional<std::size_t> size, Size());
    if (!size) return std::optional<std::string>();
    std::string content;
    while (content.size() < *size) {
      const std::size_t end = std::min(*size, content.size() + kReadPiece) - 1;
      const std::string range =
          "bytes=" + std::to_string(content.size()) + "-" + std::to_string(end);
      DBSTOW_ASSIGN(const HttpResponse piece, Send("GET", {}, {{"range", range}}, ""));
      if ((piece.status != 206 && piece.status != 200) || piece.body.empty()) {
        return SqlError{3203, 16,
                        "Read on \"" + place_.url + "\" failed: 1117(the endpoint answered " +
                            std::to_string(piece.status) + ")"};
      }
      content += piece.body;
    }
    return std::optional(std::move(content));
  }

  SqlResult<void> Write(std::size_t, std::string_view content) override {
    DBSTOW_TRY(Start());
    std::vector<std::string> parts;
    for (std::size_t number = 1; parts.empty() || !content.empty(); ++number) {
      const std::string_view piece = content.substr(0, transfer_.part_bytes);
      if (number == transfer_.breaks_at_part) return NetworkLost();
      if (number > transfer_.most_parts) return TooManyParts(transfer_.most_parts);
      DBSTOW_ASSIGN(std::string part, PutPart(number, piece));
      parts.push_back(std::move(part));
      content.remove_prefix(piece.size());
    }
    return Complete(parts);
  }

  // Nobody takes back what was sent: the parts of an upload stay until the endpoint drops them.
  void Undo(std::optional<std::size_t>) override {}

 protected:
  using Query = std::map<std::string, std::string>;

  /// Adds what lets in.
  virtual void Authorize(HttpRequest& request) const = 0;
  /// The system's error for a refusal.
  [[nodiscard]] virtual int Refusal() const = 0;
  [[nodiscard]] virtual SqlError TooManyParts(std::size_t most) const = 0;
  [[nodiscard]] virtual SqlResult<void> Start() = 0;
  /// Returns what `Complete` needs to name the part.
  [[nodiscard]] virtual SqlResult<std::string> PutPart(std::size_t number,
                                                       std::string_view content) = 0;
  [[nodiscard]] virtual SqlResult<void> Complete(const std::vector<std::string>& parts) = 0;

  [[nodiscard]] SqlResult<HttpResponse> Send(const std::string& method, const Query& query,
                                             const Query& headers, std::string_view body) const {
    HttpRequest request{method, place_.host, place_.port, place_.path,
                        query,  "",          headers,     std::string(body)};
    Authorize(request);
    const Result<HttpResponse> response = client_.Send(request);
    if (!response) return FromTransport(place_.url, response.error());
    return *response;
  }
  [[nodiscard]] SqlError CannotOpen(const HttpResponse& response) const {
    const bool refused = response.status == 401 || response.status == 403;
    return CannotOpenUrl(place_.url, refused ? Refusal() : 50,
                         "the endpoint answered " + std::to_string(response.status));
  }
  [[nodiscard]] SqlError NetworkLost() const {
    return {3202, 16,
            "Write on \"" + place_.url +
                "\" failed: 64(The specified network name is no longer available.)"};
  }
  [[nodiscard]] SqlError WriteFailed(const HttpResponse& response) const {
    return {3202, 16,
            "Write on \"" + place_.url + "\" failed: 1117(the endpoint answered " +
                std::to_string(response.status) + ")"};
  }

 private:
  [[nodiscard]] SqlResult<std::optional<std::size_t>> Size() const {
    DBSTOW_ASSIGN(const HttpResponse head, Send("HEAD", {}, {}, ""));
    if (head.status == 404) return std::optional<std::size_t>();
    if (head.status != 200) return CannotOpen(head);
    const auto length = head.headers.find("content-length");
    std::size_t size = 0;
    if (length != head.headers.end()) {
      size = std::strtoull(length->second.c_str(), nullptr, 10);
    }
    return std::optional(size);
  }

  RemotePlace place_;
  Transfer transfer_;
  HttpsClient client_;
};

class S3Device final : public UrlDevice {
 public:
  S3Device(RemotePlace place, S3Key key, Transfer transfer, HttpsClient client)
      : UrlDevice(std::move(place), transfer, std::move(client)), key_(std::move(key)) {}

 protected:
  void Authorize(HttpRequest& request) const override { SignS3(request, key_, UtcNow()); }
  int Refusal() const override { return 5; }
  SqlError TooManyParts(std::size_t most) const override {
    return {3236, 16,
            "The object \"" + name() + "\" needs more parts than the " + std::to_string(most) +
                " that the endpoint allows. Use more URLs or a larger MAXTRANSFERSIZE."};
  }

  SqlResult<void> Start() override {
    DBSTOW_ASSIGN(const HttpResponse response, Send("POST", {{"uploads", ""}}, {}, ""));
    if (response.status != 200) return CannotOpen(response);
    upload_ = Between(response.body, "<UploadId>", "</UploadId>");
    if (upload_.empty()) return WriteFailed(response);
    return {};
  }
  SqlResult<std::string> PutPart(std::size_t number, std::string_view content) override {
    DBSTOW_ASSIGN(
        HttpResponse response,
        Send("PUT", {{"partNumber", std::to_string(number)}, {"uploadId", upload_}}, {}, content));
    if (response.status != 200) return WriteFailed(response);
    return response.headers["etag"];
  }
  SqlResult<void> Complete(const std::vector<std::string>& parts) override {
    std::string list = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      list += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + parts[i] +
              "</ETag></Part>";
    }
    list += "</CompleteMultipartUpload>";
    DBSTOW_ASSIGN(const HttpResponse response, Send("POST", {{"uploadId", upload_}}, {}, list));
    // An endpoint may begin with 200 and end with an error.
    const bool done = response.status == 200 && response.body.find("<Error>") == std::string::npos;
    if (!done) return WriteFailed(response);
    return {};
  }

 private:
  S3Key key_;
  std::string upload_;
};

class BlobDevice final : public UrlDevice {
 public:
  BlobDevice(RemotePlace place, std::string sas, Transfer transfer, HttpsClient client)
      : UrlDevice(std::move(place), transfer, std::move(client)), sas_(std::move(sas)) {}

 protected:
  void Authorize(HttpRequest& request) const override {
    request.raw_query = sas_;
    request.headers["x-ms-version"] = "2019-12-12";
  }
  int Refusal() const override { return 86; }
  SqlError TooManyParts(std::size_t most) const override {
    return {3063, 16,
            "Write to the block blob \"" + name() + "\" exceeds its " + std::to_string(most) +
                " blocks. Use more URLs or a larger MAXTRANSFERSIZE."};
  }
  SqlResult<void> Start() override {
    lease_.clear();
    DBSTOW_ASSIGN(const HttpResponse created, Put({}, {{"x-ms-blob-type", "BlockBlob"}}, ""));
    if (created.status == 412) {
      return SqlError{3271, 16,
                      "A nonrecoverable I/O error occurred on file \"" + name() +
                          ":\" (412) There is currently a lease on the blob."};
    }
    if (created.status != 201) return CannotOpen(created);
    DBSTOW_ASSIGN(HttpResponse leased,
                  Put({{"comp", "lease"}},
                      {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}}, ""));
    if (leased.status != 201) return CannotOpen(leased);
    lease_ = leased.headers["x-ms-lease-id"];
    return {};
  }
  SqlResult<std::string> PutPart(std::size_t number, std::string_view content) override {
    std::string id = Base64(Number(number));
    DBSTOW_ASSIGN(const HttpResponse response,
                  Put({{"comp", "block"}, {"blockid", id}}, {}, content));
    if (response.status != 201) return WriteFailed(response);
    return id;
  }
  SqlResult<void> Complete(const std::vector<std::string>& parts) override {
    std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
    for (const std::string& part : parts) list += "<Latest>" + part + "</Latest>";
    list += "</BlockList>";
    DBSTOW_ASSIGN(const HttpResponse response,
                  Put({{"comp", "blocklist"}}, {{"content-type", "application/xml"}}, list));
    if (response.status != 201) return WriteFailed(response);
    DBSTOW_ASSIGN(const HttpResponse released,
                  Put({{"comp", "lease"}}, {{"x-ms-lease-action", "release"}}, ""));
    if (released.status != 200) return WriteFailed(released);
    return {};
  }

 private:
  [[nodiscard]] SqlResult<HttpResponse> Put(const Query& query, Query headers,
                                            std::string_view body) const {
    if (!lease_.empty()) headers["x-ms-lease-id"] = lease_;
    return Send("PUT", query, headers, body);
  }

  std::string lease_;
  std::string sas_;
};

}  // namespace

SqlError CannotOpenUrl(const std::string& url, int os_error, const std::string& why) {
  return {3201, 16,
          "Cannot open backup device '" + url + "'. Operating system error " +
              std::to_string(os_error) + "(" + why + ")."};
}

std::unique_ptr<BackupDevice> MakeS3Device(const RemotePlace& place, S3Key key, Transfer transfer,
                                           HttpsClient client) {
  return std::make_unique<S3Device>(place, std::move(key), transfer, std::move(client));
}

std::unique_ptr<BackupDevice> MakeBlobDevice(const RemotePlace& place, std::string sas,
                                             Transfer transfer, HttpsClient client) {
  return std::make_unique<BlobDevice>(place, std::move(sas), transfer, std::move(client));
}

}  // namespace dbstow::doubles::sqlserver
