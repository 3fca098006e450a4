#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

/// PRELOGIN's ENCRYPTION option.
enum class Encryption : std::uint8_t { kOff = 0, kOn = 1, kNotSupported = 2, kRequired = 3 };

struct Prelogin {
  Encryption encryption = Encryption::kNotSupported;
};

/// Nothing when the option table is broken.
[[nodiscard]] std::optional<Prelogin> DecodePrelogin(std::string_view message);
[[nodiscard]] std::string EncodePrelogin(Encryption encryption, int version_major,
                                         int version_build);

/// What the client gets for what it asked: TLS for the login packet only, always, never; or
/// nothing, when the server insists and the client cannot.
[[nodiscard]] std::optional<Encryption> Negotiate(Encryption client, Encryption server);

inline constexpr std::uint32_t kTds71 = 0x71000001;
inline constexpr std::uint32_t kTds74 = 0x74000004;

struct Login7 {
  std::uint32_t version = 0;
  std::uint32_t packet_size = 4096;
  std::string host;
  std::string user;
  std::string password;
  std::string program;
  std::string database;
  std::string language;
  bool integrated = false;  ///< wants SSPI
  bool federated = false;   ///< offers FEDAUTH in its features
  bool changes_password = false;
};

/// Nothing when offsets or lengths do not fit the message.
[[nodiscard]] std::optional<Login7> DecodeLogin7(std::string_view message);

}  // namespace dbstow::doubles::sqlserver
