//! Opening frames: from bytes that anybody may have sent to a frame of the right group.

use crate::checksum::{checksum, continued};
use crate::frame::{CHECKSUM, Frame, HEADER, Header, MAX_DATAGRAM, SUMMED, TAG, VERSION};
use crate::{GroupId, Key, Keyring, Rejected};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use core::fmt;

/// What all members of a group have in common: its number, and its keys if it has any.
///
/// A group with keys takes sealed frames only, a group without takes plain ones only.
///
/// ```
/// use quorate_wire::{Codec, GroupId, Key, Keyring};
///
/// let group = GroupId::from_name("orders");
/// let plain = Codec::plain(group);
/// let sealed = Codec::sealed(group, &Keyring::new(1, Key::new([7; 32]))?);
/// assert!(sealed.is_sealed() && !plain.is_sealed());
/// # Ok::<(), quorate_wire::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Codec {
    group: GroupId,
    limit: usize,
    seals: Option<(u8, XChaCha20Poly1305)>,
    accepts: Option<(u8, XChaCha20Poly1305)>,
}

impl Codec {
    /// For frames with a checksum: whoever reaches the group's addresses can take part.
    #[must_use]
    pub const fn plain(group: GroupId) -> Self {
        Self { group, limit: MAX_DATAGRAM, seals: None, accepts: None }
    }

    /// For frames that are encrypted and authenticated: whoever has a key can take part.
    #[must_use]
    pub fn sealed(group: GroupId, keys: &Keyring) -> Self {
        let mut codec = Self::plain(group);
        codec.replace_keys(keys);
        codec
    }

    /// Seals and opens with these keys from now on.
    pub fn replace_keys(&mut self, keys: &Keyring) {
        let cipher = |(id, key): &(u8, Key)| (*id, group_cipher(self.group, key));
        let (seals, accepts) = (cipher(&keys.seals), keys.accepts.as_ref().map(cipher));
        (self.seals, self.accepts) = (Some(seals), accepts);
    }

    /// Takes datagrams up to so many bytes, instead of [`MAX_DATAGRAM`].
    #[must_use]
    pub const fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// How long a datagram may be, in bytes.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Whether frames are sealed.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        self.seals.is_some()
    }

    /// Opens a datagram, in place: the bodies of a sealed frame are decrypted where they lie.
    ///
    /// What is checked, in this order: size, version, plain or sealed, key, checksum or tag, group, entries.
    ///
    /// # Errors
    ///
    /// Why it is not a frame for this group. The datagram's bytes are then as they came.
    #[inline]
    pub fn open<'a>(&self, datagram: &'a mut [u8]) -> Result<Frame<'a>, Rejected> {
        let found = datagram.len();
        if found > self.limit {
            return Err(Rejected::TooLarge { length: found, limit: self.limit });
        }
        let truncated = |trailer: usize| Rejected::Truncated { needed: HEADER.saturating_add(trailer), found };
        let (version, key) = match *datagram {
            [version, key, ..] => (version, key),
            [version] => (version, 0),
            [] => return Err(truncated(CHECKSUM)),
        };
        if version != VERSION {
            return Err(Rejected::UnknownVersion { version });
        }
        let (header, entries) = match (&self.seals, key) {
            (None, 0) => plain(datagram).ok_or(truncated(CHECKSUM))??,
            (None, key) => return Err(Rejected::Sealed { key }),
            (Some(_), _) if found < HEADER => return Err(truncated(TAG)),
            (Some(_), 0) => return Err(Rejected::Plain),
            (Some(_), key) => self.unseal(key, datagram).ok_or(truncated(TAG))??,
        };
        let found = Header::decode(header).group;
        if found != self.group {
            return Err(Rejected::WrongGroup { expected: self.group, found });
        }
        Frame::new(header, entries)
    }

    /// The header of what looks like a plain frame of this group, the bytes from the `SUMMED`-th up to the checksum, and that;
    /// nothing is known to be unaltered yet.
    #[inline]
    pub(crate) fn plain_parts<'a>(&self, datagram: &'a [u8]) -> Option<(Header, &'a [u8], u32)> {
        let (covered, sum) = datagram.split_last_chunk::<CHECKSUM>()?;
        let (head, _) = covered.split_first_chunk::<HEADER>()?;
        let header = Header::decode(head);
        let plain = self.seals.is_none() && datagram.len() <= self.limit && datagram.first() == Some(&VERSION);
        let usual = plain && header.key == 0 && header.group == self.group;
        usual.then_some((header, covered.get(SUMMED..)?, u32::from_le_bytes(*sum)))
    }

    /// `None` if the datagram is too short.
    fn unseal<'a>(&self, key: u8, datagram: &'a mut [u8]) -> Option<Result<Parts<'a>, Rejected>> {
        let (rest, tag) = datagram.split_last_chunk_mut::<TAG>()?;
        let (head, entries) = rest.split_first_chunk_mut::<HEADER>()?;
        let keys = [&self.seals, &self.accepts];
        let Some((_, cipher)) = keys.into_iter().flatten().find(|(id, _)| *id == key) else {
            return Some(Err(Rejected::UnknownKey { key }));
        };
        let nonce = nonce(head);
        Some(match cipher.decrypt_inout_detached(&nonce, head, (&mut *entries).into(), &Tag::from(*tag)) {
            Ok(()) => Ok((head, entries)),
            Err(_) => Err(Rejected::BadTag { key }),
        })
    }

    /// Closes a frame whose header and entries stand in `frame`, with the key's identifier still to be entered, and
    /// room for the longest trailer behind them. Returns how many bytes the trailer has.
    ///
    /// `checksum` is that of the first `SUMMED` bytes.
    #[inline]
    pub(crate) fn close(&self, frame: &mut [u8], trailer: &mut [u8; TAG], checksum: u32) -> Option<usize> {
        match &self.seals {
            None => {
                let sum = continued(checksum, frame.get(SUMMED..)?).to_le_bytes();
                *trailer.first_chunk_mut::<CHECKSUM>()? = sum;
                Some(CHECKSUM)
            }
            Some((id, cipher)) => {
                let (head, entries) = frame.split_first_chunk_mut::<HEADER>()?;
                let [_, key, ..] = head;
                *key = *id;
                let nonce = nonce(head);
                let tag = cipher.encrypt_inout_detached(&nonce, head, entries.into()).ok()?;
                *trailer = tag.into();
                Some(TAG)
            }
        }
    }
}

impl fmt::Debug for Codec {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |key: &Option<(u8, _)>| key.as_ref().map(|(id, _)| *id);
        f.debug_struct("Codec")
            .field("group", &self.group)
            .field("limit", &self.limit)
            .field("seals_with", &ids(&self.seals))
            .field("accepts", &ids(&self.accepts))
            .finish()
    }
}

/// Header and entries.
type Parts<'a> = (&'a [u8; HEADER], &'a [u8]);

/// `None` if the datagram is too short.
#[inline]
fn plain(datagram: &[u8]) -> Option<Result<Parts<'_>, Rejected>> {
    let (covered, sum) = datagram.split_last_chunk::<CHECKSUM>()?;
    let (head, entries) = covered.split_first_chunk::<HEADER>()?;
    let (expected, found) = (checksum(covered), u32::from_le_bytes(*sum));
    Some(if expected == found { Ok((head, entries)) } else { Err(Rejected::BadChecksum { expected, found }) })
}

/// Who sends in which incarnation which frame: no two frames of a group have it in common.
#[inline]
fn nonce(head: &[u8; HEADER]) -> XNonce {
    let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, s0, s1, s2, s3, rest @ ..] = *head;
    let [i0, i1, i2, i3, i4, i5, i6, i7, _, _, _, _, q0, q1, q2, q3, q4, q5, q6, q7] = rest;
    XNonce::from([s0, s1, s2, s3, i0, i1, i2, i3, i4, i5, i6, i7, q0, q1, q2, q3, q4, q5, q6, q7, VERSION, 0, 0, 0])
}

/// The cipher of a group under a key: two groups that were given the same key, whose members may have the same
/// identifiers and incarnations, never encrypt under the same key and nonce.
///
/// Its key is the first 32 bytes of the key stream that belongs to the nonce of the group's number.
fn group_cipher(group: GroupId, key: &Key) -> XChaCha20Poly1305 {
    let mut nonce = [0; 24];
    if let Some(place) = nonce.first_chunk_mut() {
        *place = group.get().to_le_bytes();
    }
    let mut derived = Key::new([0; Key::LENGTH]);
    // Encrypting zeros yields the key stream. So few bytes cannot fail; if they did, the key itself would have to do.
    let derivation = XChaCha20Poly1305::new(key.bytes().into()).encrypt_inout_detached(
        &XNonce::from(nonce),
        &[],
        derived.bytes_mut().as_mut_slice().into(),
    );
    XChaCha20Poly1305::new(if derivation.is_ok() { derived.bytes() } else { key.bytes() }.into())
}
