#include "doubles/sqlserver/tds/login.h"

#include <algorithm>
#include <array>

#include "doubles/sqlserver/tds/bytes.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint8_t kVersionOption = 0;
constexpr std::uint8_t kEncryptionOption = 1;
constexpr std::uint8_t kInstanceOption = 2;
constexpr std::uint8_t kThreadOption = 3;
constexpr std::uint8_t kMarsOption = 4;
constexpr std::uint8_t kEndOfOptions = 0xFF;

constexpr std::size_t kLoginFieldCount = 9;
constexpr std::uint8_t kIntegratedFlag = 0x80;  // of OptionFlags2
constexpr std::uint8_t kChangePassword = 0x01;  // of OptionFlags3
constexpr std::uint8_t kExtension = 0x10;       // of OptionFlags3
constexpr std::uint8_t kFedAuth = 0x02;
constexpr std::uint8_t kEndOfFeatures = 0xFF;

struct Field {
  std::size_t offset = 0;
  std::size_t length = 0;  // UTF-16 units; bytes for the extension
};

std::string_view Slice(std::string_view message, std::size_t offset, std::size_t size, bool& ok) {
  if (size == 0) return {};
  if (offset > message.size() || size > message.size() - offset) {
    ok = false;
    return {};
  }
  return message.substr(offset, size);
}

std::string Unscramble(std::string_view bytes) {
  std::string plain(bytes);
  for (char& c : plain) {
    const auto mixed = static_cast<unsigned char>(static_cast<unsigned char>(c) ^ 0xA5);
    c = static_cast<char>(static_cast<unsigned char>(mixed << 4 | mixed >> 4));
  }
  return FromUtf16(plain);
}

// The extension field holds the offset of the feature list.
bool OffersFedAuth(std::string_view message, const Field& extension, bool& ok) {
  TdsReader pointer(Slice(message, extension.offset, extension.length, ok));
  const std::uint32_t offset = pointer.ULong();
  if (!pointer.ok() || offset > message.size()) {
    ok = false;
    return false;
  }
  TdsReader features(message.substr(offset));
  while (features.ok()) {
    const std::uint8_t id = features.Byte();
    if (id == kEndOfFeatures) return false;
    if (id == kFedAuth) return true;
    features.Take(features.ULong());
  }
  ok = false;
  return false;
}

}  // namespace

std::optional<Prelogin> DecodePrelogin(std::string_view message) {
  TdsReader table(message);
  Prelogin prelogin;
  bool ok = true;
  while (true) {
    const std::uint8_t option = table.Byte();
    if (!table.ok()) return std::nullopt;
    if (option == kEndOfOptions) break;
    const std::size_t offset = table.Big(2);
    const std::size_t length = table.Big(2);
    const std::string_view data = Slice(message, offset, length, ok);
    if (!ok || !table.ok()) return std::nullopt;
    if (option == kEncryptionOption && !data.empty()) {
      prelogin.encryption = static_cast<Encryption>(data[0] & 0x03);
    }
  }
  return prelogin;
}

std::string EncodePrelogin(Encryption encryption, int version_major, int version_build) {
  TdsWriter version;
  version.Byte(static_cast<std::uint64_t>(version_major));
  version.Byte(0);
  version.Big(static_cast<std::uint64_t>(version_build), 2);
  version.UShort(0);
  const std::array<std::pair<std::uint8_t, std::string>, 5> options{{
      {kVersionOption, version.Take()},
      {kEncryptionOption, std::string(1, static_cast<char>(encryption))},
      {kInstanceOption, std::string(1, '\0')},
      {kThreadOption, ""},
      {kMarsOption, std::string(1, '\0')},
  }};
  TdsWriter table;
  std::string data;
  std::size_t offset = options.size() * 5 + 1;
  for (const auto& [option, value] : options) {
    table.Byte(option);
    table.Big(offset + data.size(), 2);
    table.Big(value.size(), 2);
    data += value;
  }
  table.Byte(kEndOfOptions);
  table.Raw(data);
  return table.Take();
}

std::optional<Encryption> Negotiate(Encryption client, Encryption server) {
  const bool client_can = client != Encryption::kNotSupported;
  const bool client_must = client == Encryption::kOn || client == Encryption::kRequired;
  if (server == Encryption::kNotSupported) return Encryption::kNotSupported;
  if (server == Encryption::kOff) {
    if (!client_can) return Encryption::kNotSupported;
    return client_must ? Encryption::kOn : Encryption::kOff;
  }
  if (!client_can) return std::nullopt;
  return client_must ? Encryption::kOn : Encryption::kRequired;
}

std::optional<Login7> DecodeLogin7(std::string_view message) {
  TdsReader in(message);
  const std::uint32_t length = in.ULong();
  Login7 login;
  login.version = in.ULong();
  login.packet_size = in.ULong();
  in.Take(12);  // client version, process, connection
  in.Take(1);
  const std::uint8_t flags2 = in.Byte();
  in.Take(1);  // type flags
  const std::uint8_t flags3 = in.Byte();
  in.Take(8);  // time zone, locale
  std::array<Field, kLoginFieldCount> fields;
  for (Field& field : fields) {
    field.offset = in.UShort();
    field.length = in.UShort();
  }
  if (!in.ok() || length > message.size()) return std::nullopt;
  bool ok = true;
  const auto bytes = [&](const Field& field) {
    return Slice(message, field.offset, field.length * 2, ok);
  };
  login.host = FromUtf16(bytes(fields[0]));
  login.user = FromUtf16(bytes(fields[1]));
  login.password = Unscramble(bytes(fields[2]));
  login.program = FromUtf16(bytes(fields[3]));
  login.language = FromUtf16(bytes(fields[7]));
  login.database = FromUtf16(bytes(fields[8]));
  login.integrated = (flags2 & kIntegratedFlag) != 0;
  login.changes_password = (flags3 & kChangePassword) != 0;
  if ((flags3 & kExtension) != 0 && login.version >= kTds74) {
    login.federated = OffersFedAuth(message, fields[5], ok);
  }
  if (!ok) return std::nullopt;
  return login;
}

}  // namespace dbstow::doubles::sqlserver
