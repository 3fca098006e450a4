#include "repository/keyring.h"

#include <algorithm>

#include "repository/byte_codec.h"

namespace dbstow::repository {

io::Key256 EpochKey::ForPack(const SessionId& session, const PackId& pack) const {
  std::array<std::byte, 32> salt;
  std::ranges::copy(session.bytes, salt.begin());
  std::ranges::copy(pack.bytes, salt.begin() + 16);
  return io::Hkdf(key, salt, "dbstow pack v1");
}

io::Key256 EpochKey::ForManifest(ByteView salt) const {
  return io::Hkdf(key, salt, "dbstow manifest v1");
}

io::Key256 EpochKey::ForPageHashes() const { return io::Hkdf(key, {}, "dbstow page hash v1"); }

Keyring Keyring::Generate(Random& random, std::string repository_file) {
  Keyring ring;
  ring.repository_file_ = std::move(repository_file);
  return ring.WithNewEpoch(random);
}

Keyring Keyring::WithNewEpoch(Random& random) const {
  Keyring ring = *this;
  EpochKey next;
  next.epoch = epochs_.empty() ? 1 : current().epoch + 1;
  random.Fill(next.key);
  ring.epochs_.push_back(next);
  return ring;
}

Bytes Keyring::Encode() const {
  ByteWriter out;
  out.Text(repository_file_);
  out.Number(epochs_.size());
  for (const EpochKey& each : epochs_) {
    out.U32(each.epoch);
    out.Raw(each.key);
  }
  return out.Take();
}

Result<Keyring> Keyring::Decode(ByteView bytes) {
  ByteReader in(bytes);
  Keyring ring;
  ring.repository_file_ = in.Text();
  ring.epochs_.resize(in.Count(36));
  for (EpochKey& each : ring.epochs_) {
    each.epoch = in.U32();
    std::ranges::copy(in.Raw(each.key.size()), each.key.begin());
  }
  DBSTOW_TRY(in.Finish("the keyring in a key slot"));
  if (ring.epochs_.empty()) return Error(ErrorCode::kCorrupt, "a key slot holds no key");
  return ring;
}

Result<EpochKey> Keyring::Find(std::uint32_t epoch) const {
  const auto found = std::ranges::find(epochs_, epoch, &EpochKey::epoch);
  if (found != epochs_.end()) return *found;
  return Error(ErrorCode::kWrongKey, "this passphrase was given before key epoch " +
                                         std::to_string(epoch) + " began and cannot open it")
      .WithHint("use the passphrase that the keys were last rotated to");
}

}  // namespace dbstow::repository
