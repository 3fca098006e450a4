#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/aead.h"
#include "io/compression.h"
#include "io/hash.h"
#include "io/key_derivation.h"

namespace dbstow::io {
namespace {

Key256 TestKey(int fill) {
  Key256 key;
  key.fill(static_cast<std::byte>(fill));
  return key;
}

TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(ToHex(Sha256::Of(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  Sha256 hash;
  hash.Update(AsBytes("a"));
  hash.Update(AsBytes("bc"));
  EXPECT_EQ(hash.Finish(), Sha256::Of(AsBytes("abc")));
}

TEST(Hex, RoundTripAndErrors) {
  EXPECT_EQ(ToHex(FromHex("00ff7A").value()), "00ff7a");
  EXPECT_EQ(FromHex("0g").error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(FromHex("000").error().code(), ErrorCode::kInvalidOptions);
}

// The hash is GMAC, so a second implementation of it is at hand: an empty message sealed by Aead.
TEST(PageHasher, IsGmacWithNonceZero) {
  PageHasher hasher(TestKey(7));
  Aead aead(TestKey(7));
  const Bytes page(4096, std::byte{42});
  PageHash expected;
  aead.Seal(0, page, {}, expected);
  EXPECT_EQ(hasher.Hash(page), expected);
  EXPECT_EQ(hasher.Hash(page), expected) << "state of the first call must not leak into the second";
}

TEST(PageHasher, DependsOnKeyAndEveryByte) {
  PageHasher hasher(TestKey(1));
  PageHasher other(TestKey(2));
  Bytes page(512);
  const PageHash before = hasher.Hash(page);
  EXPECT_NE(other.Hash(page), before);
  for (std::byte& byte : page) {
    byte ^= std::byte{1};
    EXPECT_NE(hasher.Hash(page), before);
    byte ^= std::byte{1};
  }
}

TEST(Aead, RoundTripAndEveryKindOfTampering) {
  Aead aead(TestKey(3));
  const ByteView plain = AsBytes("some plain text");
  const ByteView header = AsBytes("header");
  Bytes sealed(plain.size() + Aead::kTagBytes);
  aead.Seal(5, header, plain, sealed);
  Bytes opened(plain.size());
  ASSERT_TRUE(aead.Open(5, header, sealed, opened));
  EXPECT_EQ(AsText(opened), "some plain text");

  EXPECT_EQ(aead.Open(6, header, sealed, opened).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(aead.Open(5, AsBytes("Header"), sealed, opened).error().code(), ErrorCode::kCorrupt);
  for (std::byte& byte : sealed) {
    byte ^= std::byte{128};
    EXPECT_FALSE(aead.Open(5, header, sealed, opened));
    byte ^= std::byte{128};
  }
  EXPECT_FALSE(aead.Open(5, header, ByteView(sealed).first(8), opened));
  EXPECT_FALSE(Aead(TestKey(4)).Open(5, header, sealed, opened));
}

// RFC 5869, test case 1 (its first 32 bytes).
TEST(Hkdf, KnownAnswer) {
  const Bytes key(22, std::byte{0x0b});
  const Bytes salt = FromHex("000102030405060708090a0b0c").value();
  const Bytes info = FromHex("f0f1f2f3f4f5f6f7f8f9").value();
  EXPECT_EQ(ToHex(Hkdf(key, salt, AsText(info))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(Compression, RoundTripOnEveryLevelAndDamage) {
  Compressor compressor;
  Decompressor decompressor;
  const Bytes plain(100'000, std::byte{'x'});
  Bytes out(Compressor::Bound(plain.size()));
  for (const int level : {-3, 1, 3, 9}) {
    const std::size_t size = compressor.Compress(plain, level, out).value();
    EXPECT_LT(size, plain.size() / 10);
    Bytes back(plain.size());
    ASSERT_TRUE(decompressor.Decompress(ByteView(out).first(size), back));
    EXPECT_EQ(back, plain);
    Bytes longer(plain.size() + 1);
    EXPECT_EQ(decompressor.Decompress(ByteView(out).first(size), longer).error().code(),
              ErrorCode::kCorrupt);
    EXPECT_FALSE(decompressor.Decompress(ByteView(out).first(size / 2), back));
  }
}

TEST(KeyDerivation, DependsOnPassphraseSaltAndCost) {
  const SecretString secret("correct horse");
  const Bytes salt(16, std::byte{1});
  const Bytes key = DerivePassphraseKey(secret, salt, KdfCost::Cheapest()).value();
  EXPECT_EQ(key, DerivePassphraseKey(secret, salt, KdfCost::Cheapest()).value());
  EXPECT_NE(key, DerivePassphraseKey(secret, salt, {16, 1, 1}).value());
  EXPECT_NE(key, DerivePassphraseKey(secret, Bytes(16), KdfCost::Cheapest()).value());
  EXPECT_NE(key, DerivePassphraseKey(SecretString("x"), salt, KdfCost::Cheapest()).value());
}

TEST(KeyDerivation, RefusesACostThatAHostileSlotCouldName) {
  const SecretString secret("x");
  const Bytes salt(16);
  EXPECT_EQ(DerivePassphraseKey(secret, salt, {0xffffffff, 1, 1}).error().code(),
            ErrorCode::kInvalidOptions);
  EXPECT_EQ(DerivePassphraseKey(secret, salt, {8, 1000, 1}).error().code(),
            ErrorCode::kInvalidOptions);
  for (const KdfCost& most : {KdfCost{2u << 20, 2, 16}, KdfCost{64u << 10, 64, 1}, KdfCost{}}) {
    EXPECT_TRUE(CheckKdfCost(most)) << most.memory_kib;
  }
  for (const KdfCost& more :
       {KdfCost{2u << 20, 3, 1}, KdfCost{(2u << 20) + 1, 1, 1}, KdfCost{1u << 20, 1, 17},
        KdfCost{15, 1, 2}, KdfCost{8, 0, 1}, KdfCost{8, 1, 0}, KdfCost{8, 1, 0x20000001}}) {
    EXPECT_FALSE(CheckKdfCost(more)) << more.memory_kib << " " << more.passes << " " << more.lanes;
  }
}

}  // namespace
}  // namespace dbstow::io
