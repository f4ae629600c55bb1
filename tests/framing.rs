//! Messages on a stream: what is written is read, whoever writes it in whatever portions, and a stream that lies costs nothing.

use frames_core::bytes::Bytes;
use frames_core::{
    Body, Error, Frame, FrameReader, Frames, Limits, Pool, read_frames, read_message, to_serialize, write_frames,
    write_message,
};
use proptest::prelude::*;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

fn read(stream: &[u8]) -> io::Result<Option<Frames<'static>>> {
    read_frames(&mut &stream[..], &Limits::default())
}

fn written(frames: &Frames<'_>) -> Vec<u8> {
    let mut stream = Vec::new();
    write_frames(&mut stream, frames).unwrap();
    stream
}

fn shared(frames: &[Vec<u8>]) -> Frames<'static> {
    frames.iter().map(|frame| Frame::from(Bytes::copy_from_slice(frame))).collect()
}

/// The same message with an outer length that ends behind frame `k`.
fn with_outer(frames: &[Vec<u8>], k: usize) -> Vec<u8> {
    let mut stream = written(&shared(frames));
    let inside: usize = frames[..k].iter().map(Vec::len).sum();
    stream[..8].copy_from_slice(&((8 * (1 + frames.len()) + inside) as u64).to_ne_bytes());
    stream
}

/// A stream that gives and takes as little as it may, and is interrupted in between.
struct Slow<'b> {
    bytes: &'b [u8],
    taken: Vec<u8>,
    step: usize,
    calls: usize,
}

impl Slow<'_> {
    fn portion(&mut self) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 3 == 0 { Err(ErrorKind::Interrupted.into()) } else { Ok(1 + self.calls % self.step) }
    }
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.portion()?.min(buffer.len()).min(self.bytes.len());
        buffer[..n].copy_from_slice(&self.bytes[..n]);
        self.bytes = &self.bytes[n..];
        Ok(n)
    }
}

impl Write for Slow<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.portion()?.min(buffer.len());
        self.taken.extend_from_slice(&buffer[..n]);
        Ok(n)
    }
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut left = self.portion()?;
        let all = left;
        for part in parts {
            let n = left.min(part.len());
            self.taken.extend_from_slice(&part[..n]);
            left -= n;
        }
        Ok(all - left)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn frames_come_back_whatever_the_portions_and_the_outer_length(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..12),
        step in 1usize..50,
        k in 0usize..13,
    ) {
        let sent = shared(&frames);
        let stream = written(&sent);
        let mut slow = Slow { bytes: &[], taken: Vec::new(), step, calls: 0 };
        write_frames(&mut slow, &sent).unwrap();
        prop_assert_eq!(&slow.taken, &stream);

        // Two messages, one behind the other, and then the end.
        let stream = [with_outer(&frames, k.min(frames.len())), stream].concat();
        let mut slow = Slow { bytes: &stream, taken: Vec::new(), step, calls: 0 };
        for _ in 0..2 {
            let again = read_frames(&mut slow, &Limits::default()).unwrap().unwrap();
            prop_assert!(again.iter().map(Frame::as_slice).eq(frames.iter().map(|f| &f[..])));
            for frame in again.iter().filter(|frame| !frame.is_empty()) {
                prop_assert_eq!(frame.as_ptr().align_offset(64), 0);
            }
        }
        prop_assert!(read_frames(&mut slow, &Limits::default()).unwrap().is_none());

        // The same ahead of what is asked for.
        let mut reader = FrameReader::new(Slow { bytes: &stream, taken: Vec::new(), step, calls: 0 });
        for _ in 0..2 {
            let again = reader.read_frames().unwrap().unwrap();
            prop_assert!(again.iter().map(Frame::as_slice).eq(frames.iter().map(|f| &f[..])));
            prop_assert!(again.iter().all(|frame| frame.is_empty() || frame.as_ptr().align_offset(64) == 0));
        }
        prop_assert!(reader.read_frames().unwrap().is_none());
    }
}

#[test]
fn frames_of_sizes_that_mix_come_back_aligned_and_stay() {
    let mut kept: Vec<Frames<'static>> = Vec::new();
    let mut sizes: Vec<usize> =
        [0, 1, 63, 64, 100, 1000, 1023].into_iter().chain(1024..1200).chain([2000, 4096, 16_383]).collect();
    for round in 0..6usize {
        sizes.rotate_left(31 * round);
        // Small ones in between move what follows; without them one guess is as good as the last.
        let step = 1 + round % 3;
        let bytes = |i: usize| vec![(round + i) as u8; sizes[i / step % sizes.len()]];
        let sent: Frames<'static> = (0..1500).map(|i| Frame::from(bytes(i))).collect();
        let mut again = FrameReader::new(&written(&sent)[..]).read_frames().unwrap().unwrap();
        assert!(again.iter().all(|frame| frame.is_empty() || frame.as_ptr().align_offset(64) == 0));
        assert!(again.iter().map(Frame::as_slice).eq(sent.iter().map(Frame::as_slice)));
        // Some are let go, others shared, so that the next message finds holes of all sizes.
        again = again.iter().skip(round).step_by(2).cloned().collect();
        kept.push(again.iter().cloned().collect());
    }
    for (round, frames) in kept.iter().enumerate() {
        let same = |(i, frame): (usize, &Frame<'_>)| frame.iter().all(|&byte| byte == (round + round + 2 * i) as u8);
        assert!(frames.iter().enumerate().all(same));
    }
}

#[test]
fn many_frames_and_large_ones_come_back_aligned() {
    for sizes in [vec![1usize; 3000], vec![1 << 20, 0, (64 << 10) + 1, 5 << 20, 64 << 10]] {
        let frames: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, &n)| vec![i as u8; n]).collect();
        let stream = written(&shared(&frames));
        let pool = Pool::new(256 << 20);
        for again in [read(&stream), FrameReader::new(&stream[..]).pool(&pool).read_frames()] {
            let again = again.unwrap().unwrap();
            assert!(again.iter().map(Frame::as_slice).eq(frames.iter().map(|f| &f[..])));
            assert!(again.iter().all(|frame| frame.is_empty() || frame.as_ptr().align_offset(64) == 0));
        }
        let large: usize = sizes.iter().filter(|size| **size >= 64 << 10).map(|n| n.next_multiple_of(64 << 10)).sum();
        assert_eq!(pool.held(), large, "what was dropped is there for the next");
    }
}

#[test]
fn a_stream_that_is_cut_anywhere_is_an_error() {
    let data = vec![1.5f64; 3];
    let stream = written(&write_message(&Body::from(to_serialize(&data).unwrap())).unwrap());
    assert!(read(&[]).unwrap().is_none());
    for cut in 1..stream.len() {
        assert_eq!(read(&stream[..cut]).unwrap_err().kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
    }
}

/// The error of this crate inside of one of std.
fn inner(error: &io::Error) -> &Error {
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    error.get_ref().and_then(|error| error.downcast_ref()).unwrap()
}

#[test]
fn lengths_that_lie_are_an_error_that_says_so() {
    let frames = [vec![1; 3], vec![], vec![2; 5]];
    let stream = with_outer(&frames, 3);
    // Outer lengths that hold no lengths, or end inside of a frame, or behind all.
    for (outer, says) in [
        (0u64, "does not hold"),
        (7, "does not hold"),
        (31, "does not hold"),
        (33, "inside of a frame"),
        (34, "inside"),
        (36, "inside"),
        (41, "inside"),
    ] {
        let mut bad = stream.clone();
        bad[..8].copy_from_slice(&outer.to_ne_bytes());
        let error = read(&bad).unwrap_err();
        assert!(inner(&error).to_string().contains(says), "{outer}: {error}");
    }
    for count in [1u64 << 25, 1 << 60, u64::MAX] {
        let mut bad = stream.clone();
        bad[8..16].copy_from_slice(&count.to_ne_bytes());
        let error = read(&bad).unwrap_err();
        assert_eq!(inner(&error).kind(), frames_core::ErrorKind::Limit, "{count}: {error}");
    }
    for len in [1u64 << 49, 1 << 63, u64::MAX] {
        let mut bad = with_outer(&frames, 0);
        bad[32..40].copy_from_slice(&len.to_ne_bytes());
        let error = read(&bad).unwrap_err();
        assert_eq!(inner(&error).kind(), frames_core::ErrorKind::Limit, "{len}: {error}");
    }
    let mut limits = Limits::default();
    limits.message_bytes = 7;
    assert!(read_frames(&mut &stream[..], &limits).is_err());
    limits.message_bytes = 8;
    assert!(read_frames(&mut &stream[..], &limits).is_ok());
}

#[test]
fn a_length_reserves_no_memory_before_its_bytes_are_there() {
    // A frame of 2^47 bytes, and 2^24 lengths, of which a hundred bytes come.
    let mut one_frame = vec![0u8; 124];
    one_frame[..8].copy_from_slice(&16u64.to_ne_bytes());
    one_frame[8..16].copy_from_slice(&1u64.to_ne_bytes());
    one_frame[16..24].copy_from_slice(&(1u64 << 47).to_ne_bytes());
    let mut many = vec![0u8; 116];
    many[..8].copy_from_slice(&(8 * ((1u64 << 24) + 1)).to_ne_bytes());
    many[8..16].copy_from_slice(&(1u64 << 24).to_ne_bytes());
    for stream in [one_frame, many] {
        let info = allocation_counter::measure(|| {
            assert_eq!(read(&stream).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        });
        assert!(info.bytes_max < 128 << 10, "{info:?}");
    }
}

#[test]
fn a_frame_is_kept_by_those_who_use_it_and_by_no_other() {
    let stream = written(&shared(&[vec![1; 1 << 20], vec![2; 1 << 20]]));
    let mut kept = None;
    let info = allocation_counter::measure(|| {
        let frames = read(&stream).unwrap().unwrap();
        kept = Some(frames.get(1).unwrap().clone());
    });
    assert!(info.bytes_current < (1 << 20) + 4096, "{info:?}");
    assert!(kept.unwrap().iter().all(|&byte| byte == 2));
}

#[test]
fn nothing_is_copied_to_be_written() {
    let data = vec![7u8; 1 << 20];
    let body = Body::from(to_serialize(&data).unwrap());
    let frames = write_message(&body).unwrap();
    let mut sink = Vec::with_capacity(2 << 20);
    let info = allocation_counter::measure(|| write_frames(&mut sink, &frames).unwrap());
    assert!(info.bytes_total < 4096, "{info:?}");
    assert_eq!(
        read_message(read(&sink).unwrap().unwrap()).unwrap().as_payload().unwrap().deserialize::<Vec<u8>>().unwrap(),
        data
    );
}

#[test]
fn a_writer_that_lies_about_what_it_took_is_no_panic() {
    struct Liar;
    impl Write for Liar {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len() + 1000)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    write_frames(&mut Liar, &shared(&[vec![1; 5000]])).unwrap();
}
