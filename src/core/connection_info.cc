#include "dbstow/core/connection_info.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace dbstow {
namespace {

constexpr std::string_view kReferenceHint =
    "give a reference instead: ?secret=env:NAME, ?secret=file:/path or ?secret=exec:/program";

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::uint16_t> ParsePort(std::string_view text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) {
    return Error(ErrorCode::kInvalidOptions, "'" + std::string(text) + "' is not a port number");
  }
  return static_cast<std::uint16_t>(value);
}

Result<void> ParseUser(std::string_view user_info, Credentials& credentials) {
  if (user_info.find(':') != std::string_view::npos) {
    return Error(ErrorCode::kInvalidOptions, "a URI must not hold a password")
        .WithHint(std::string(kReferenceHint));
  }
  DBSTOW_ASSIGN(credentials.username, PercentDecode(user_info));
  return {};
}

Result<void> ParseHostAndPort(std::string_view text, ConnectionInfo& connection) {
  std::size_t colon = text.rfind(':');
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return Error(ErrorCode::kInvalidOptions, "the IPv6 address in the URI lacks its ']'");
    }
    connection.host = std::string(text.substr(1, close - 1));
    colon = text.find(':', close);
  } else {
    DBSTOW_ASSIGN(connection.host, PercentDecode(text.substr(0, colon)));
  }
  if (colon == std::string_view::npos) return {};
  DBSTOW_ASSIGN(connection.port, ParsePort(text.substr(colon + 1)));
  return {};
}

Result<void> ParseParameter(std::string_view parameter, std::set<std::string>& seen,
                            ConnectionInfo& connection) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) {
    return Error(ErrorCode::kInvalidOptions, "a URI parameter has the form name=value");
  }
  DBSTOW_ASSIGN(std::string key, PercentDecode(parameter.substr(0, equals)));
  DBSTOW_ASSIGN(std::string value, PercentDecode(parameter.substr(equals + 1)));
  if (key == "password") {
    return Error(ErrorCode::kInvalidOptions, "a URI must not hold a password")
        .WithHint(std::string(kReferenceHint));
  }
  if (!seen.insert(key).second) {
    return Error(ErrorCode::kInvalidOptions, "the URI gives '" + key + "' twice")
        .WithHint("keep one of them");
  }
  if (key == "secret") {
    DBSTOW_ASSIGN(connection.credentials.secret_ref, SecretRef::Parse(value));
  } else if (key == "auth") {
    DBSTOW_ASSIGN(connection.credentials.auth_type, AuthTypeFromString(value));
  } else {
    connection.properties[std::move(key)] = std::move(value);
  }
  return {};
}

}  // namespace

std::string_view ToString(AuthType type) {
  switch (type) {
    case AuthType::kPassword: return "password";
    case AuthType::kKeyPair: return "keypair";
    case AuthType::kOAuth: return "oauth";
  }
  return "password";
}

Result<AuthType> AuthTypeFromString(std::string_view text) {
  for (AuthType type : {AuthType::kPassword, AuthType::kKeyPair, AuthType::kOAuth}) {
    if (ToString(type) == text) return type;
  }
  return UnknownWord("authentication type", text, {"password", "keypair", "oauth"});
}

Result<void> ConnectionInfo::Validate() const {
  for (std::string_view text : {std::string_view(host), std::string_view(database),
                                std::string_view(credentials.username)}) {
    if (HasControlCharacter(text)) {
      return Error(ErrorCode::kInvalidOptions,
                   "host, database and user name must not hold control characters");
    }
  }
  if (!credentials.secret_ref.empty()) DBSTOW_TRY(credentials.secret_ref.Validate());
  return {};
}

bool LooksLikeUri(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(text.substr(0, colon), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

Result<InstanceUri> InstanceUri::Parse(std::string_view text) {
  if (!LooksLikeUri(text)) {
    return Error(ErrorCode::kInvalidOptions,
                 "an instance URI has the form engine://user@host:port/database");
  }
  InstanceUri uri;
  const std::size_t colon = text.find("://");
  uri.engine = std::string(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 3);
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    DBSTOW_TRY(ParseUser(authority.substr(0, at), uri.connection.credentials));
    authority = authority.substr(at + 1);
  }
  if (!authority.empty()) {
    DBSTOW_TRY(ParseHostAndPort(authority, uri.connection));
    // With a server in front, the slash separates; without one, it begins an absolute path.
    if (!path.empty()) path = path.substr(1);
  }
  DBSTOW_ASSIGN(uri.connection.database, PercentDecode(path));
  std::set<std::string> seen;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    DBSTOW_TRY(ParseParameter(query.substr(0, end), seen, uri.connection));
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
  }
  DBSTOW_TRY(uri.connection.Validate());
  return uri;
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return Error(ErrorCode::kInvalidOptions, "malformed percent escape in a URI");
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text, std::string_view keep) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || keep.find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

}  // namespace dbstow
