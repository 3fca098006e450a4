#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

enum class PacketType : std::uint8_t {
  kSqlBatch = 0x01,
  kRpc = 0x03,
  kTabularResult = 0x04,
  kAttention = 0x06,
  kBulkLoad = 0x07,
  kTransactionManager = 0x0E,
  kLogin7 = 0x10,
  kPrelogin = 0x12,
};

inline constexpr std::size_t kPacketHeaderSize = 8;
inline constexpr std::uint8_t kEndOfMessage = 0x01;
inline constexpr std::uint8_t kIgnoreMessage = 0x02;
inline constexpr std::uint8_t kResetConnection = 0x08;

struct PacketHeader {
  PacketType type = PacketType::kSqlBatch;
  std::uint8_t status = 0;
  std::uint16_t length = 0;  ///< of the whole packet
};

/// Nothing when the eight bytes cannot begin a packet: an unknown type, a length under eight.
[[nodiscard]] std::optional<PacketHeader> DecodePacketHeader(std::string_view bytes);
[[nodiscard]] std::string EncodePacket(PacketType type, std::uint8_t status, std::uint8_t id,
                                       std::string_view content);

}  // namespace dbstow::doubles::sqlserver
